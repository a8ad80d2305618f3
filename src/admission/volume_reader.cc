// The pod reader's part that reads volumes.
#include <algorithm>
#include <array>

#include "object_readers.h"

namespace irsa::admission {

using base::Result;
using base::Status;
using simdjson::dom::element;

Status PodReader::ReadVolume(element value, const Path& path) {
  std::array<Field, 5> fields{{{"name"}, {"projected"}, {"secret"}, {"configMap"}, {"downwardAPI"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  const auto& [name_field, projected, secret, config_map, downward_api] = fields;
  const Result<std::string_view> name = StringOf(name_field, path);
  if (!name.ok()) return name.error();
  const size_t first_token = view_.tokens.size();
  const Path projected_path(path, projected.key);
  std::array<Field, 1> sources{{{"sources"}}};
  if (Status status = FindFieldsIn(projected, projected_path, sources); !status.ok()) return status;
  if (Status status =
          ForEachElement(sources[0], projected_path,
                         [&](element source, const Path& place) { return ReadProjectedSource(source, place); });
      !status.ok()) {
    return status;
  }
  // The volume that every pod has, with the apiserver's token, is none of irsa's.
  const size_t first_field_file = view_.field_files.size();
  if (std::any_of(view_.tokens.begin() + static_cast<std::ptrdiff_t>(first_token), view_.tokens.end(),
                  [](const identity::TokenView& token) { return !token.audience.empty(); })) {
    Status read = ForEachElement(sources[0], projected_path,
                                 [&](element source, const Path& place) { return ReadFieldFiles(source, place); });
    if (!read.ok()) return read;
  }
  view_.volumes.push_back({.name = *name,
                           .is_read_only = projected.value || secret.value || config_map.value || downward_api.value,
                           .first_token = first_token,
                           .token_count = view_.tokens.size() - first_token,
                           .first_field_file = first_field_file,
                           .field_file_count = view_.field_files.size() - first_field_file});
  return {};
}

Status PodReader::ReadProjectedSource(element value, const Path& path) {
  std::array<Field, 1> fields{{{"serviceAccountToken"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  if (!fields[0].value) return {};
  const Path token_path(path, fields[0].key);
  std::array<Field, 2> token{{{"audience"}, {"path"}}};
  if (Status status = FindFields(*fields[0].value, token_path, token); !status.ok()) return status;
  const Result<std::string_view> audience = StringOf(token[0], token_path);
  if (!audience.ok()) return audience.error();
  const Result<std::string_view> file = StringOf(token[1], token_path);
  if (!file.ok()) return file.error();
  view_.tokens.push_back({*audience, *file});
  return {};
}

Status PodReader::ReadFieldFiles(element source, const Path& path) {
  std::array<Field, 1> fields{{{"downwardAPI"}}};
  if (Status status = FindFields(source, path, fields); !status.ok()) return status;
  const Path api_path(path, fields[0].key);
  std::array<Field, 1> items{{{"items"}}};
  if (Status status = FindFieldsIn(fields[0], api_path, items); !status.ok()) return status;
  return ForEachElement(items[0], api_path, [&](element item, const Path& place) -> Status {
    std::array<Field, 2> parts{{{"path"}, {"fieldRef"}}};
    if (Status status = FindFields(item, place, parts); !status.ok()) return status;
    const Result<std::string_view> file = StringOf(parts[0], place);
    if (!file.ok()) return file.error();
    const Path reference_path(place, parts[1].key);
    std::array<Field, 1> reference{{{"fieldPath"}}};
    if (Status status = FindFieldsIn(parts[1], reference_path, reference); !status.ok()) return status;
    const Result<std::string_view> field = StringOf(reference[0], reference_path);
    if (!field.ok()) return field.error();
    view_.field_files.push_back({*field, *file});
    return {};
  });
}

}  // namespace irsa::admission
