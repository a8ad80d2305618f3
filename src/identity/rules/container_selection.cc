#include "irsa/identity/rules/container_selection.h"

namespace irsa::identity {
namespace {

// Takes a line off the front of `text`, without its end: \n, \r\n, or at the end of the text nothing or \r.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const size_t newline = text.find('\n');
  std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// `line` begins behind the opening quote, and in the end behind the closing one. False when the quotes do not end, or
// not at the field's end.
bool TakeQuoted(std::string_view& line, std::string_view& next_lines, std::string& field) {
  while (true) {
    const size_t quote = line.find('"');
    field.append(line.substr(0, quote));
    if (quote == std::string_view::npos) {
      const auto next = TakeLine(next_lines);
      if (!next) return false;
      field.push_back('\n');
      line = *next;
      continue;
    }
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"')) return line.empty() || line.starts_with(',');
    field.push_back('"');
    line.remove_prefix(1);
  }
}

bool TakeUnquoted(std::string_view& line, std::string& field) {
  field = line.substr(0, line.find(','));
  line.remove_prefix(field.size());
  return field.find('"') == std::string::npos;
}

}  // namespace

std::optional<SkipContainers> ParseSkipContainers(std::string_view text) {
  if (text.size() > kMaxSkipContainersBytes) return std::nullopt;
  std::optional<std::string_view> first_line;
  do {
    first_line = TakeLine(text);
    if (!first_line) return std::nullopt;
  } while (first_line->empty());

  std::string_view line = *first_line;
  SkipContainers skipped;
  std::vector<std::string>& fields = skipped.names;
  while (true) {
    if (fields.size() == kMaxSkipContainersNames) return std::nullopt;
    std::string& field = fields.emplace_back();
    const bool is_quoted = line.starts_with('"');
    if (is_quoted) line.remove_prefix(1);
    if (!(is_quoted ? TakeQuoted(line, text, field) : TakeUnquoted(line, field))) return std::nullopt;
    if (line.empty()) {
      skipped.has_more_records = text.find_first_not_of("\r\n") != std::string_view::npos;
      return skipped;
    }
    line.remove_prefix(1);  // the comma
  }
}

ContainerSelection::ContainerSelection(const ContainerNames& account, const ContainerNames& pod) {
  included_.Fill(account.included, pod.included);
  skipped_.Fill(account.skipped, pod.skipped);
}

void ContainerSelection::List::Fill(const std::optional<std::vector<std::string>>& account,
                                    const std::optional<std::vector<std::string>>& pod) {
  const auto& given = pod ? pod : account;
  if (!given) return;
  is_given = true;
  is_of_pod = pod.has_value();
  for (const std::string& name : *given) names.emplace(name, false);
}

bool ContainerSelection::List::Has(std::string_view container) {
  if (names.empty()) return false;
  const auto found = names.find(container);
  if (found == names.end()) return false;
  found->second = true;
  return true;
}

bool ContainerSelection::Takes(std::string_view container) {
  const bool is_included = included_.Has(container) || !included_.is_given;
  const bool is_skipped = skipped_.Has(container);
  return is_included && !is_skipped;
}

}  // namespace irsa::identity
