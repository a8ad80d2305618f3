#include "command_tree.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "irsa/base/text.h"

namespace irsa::cli {
namespace {

// The parser's name of a type is "FORMAT:{text,json}" or "PORT:INT in [0 - 65535]": with what the value is checked for.
void DescribeValue(const std::string& type, OptionNode& node) {
  const size_t colon = type.find(':');
  node.value = type.substr(0, colon);
  if (colon == std::string::npos || type.compare(colon + 1, 1, "{") != 0 || type.back() != '}') return;
  for (std::string_view rest = std::string_view(type).substr(colon + 2, type.size() - colon - 3); !rest.empty();) {
    node.choices.emplace_back(base::TakeUntil(',', rest));
  }
}

std::vector<std::string> Names(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::ranges::sort(names);
  return names;
}

OptionNode DescribeOption(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  if (node.names.empty()) node.names.push_back(option.get_name(true));
  if (option.get_items_expected_max() > 0) DescribeValue(option.get_type_name(), node);
  node.group = option.get_group();
  node.help = option.get_description();
  node.default_text = option.get_default_str();
  node.is_required = option.get_required();
  node.is_repeatable = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll ||
                       option.get_items_expected_max() >= CLI::detail::expected_max_vector_size;
  node.excludes = Names(option.get_excludes());
  node.needs = Names(option.get_needs());
  return node;
}

}  // namespace

CommandNode DescribeCommand(const CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), app.get_footer(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const bool is_positional = option->get_lnames().empty() && option->get_snames().empty();
    (is_positional ? node.positionals : node.options).push_back(DescribeOption(*option));
  }
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); })) {
    node.commands.push_back(DescribeCommand(*command));
  }
  return node;
}

}  // namespace irsa::cli
