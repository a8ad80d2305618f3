#include "command_tree.h"

#include <CLI/CLI.hpp>

namespace irsa::cli {
namespace {

OptionNode DescribeOption(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  if (option.get_items_expected_max() > 0) node.value = option.get_type_name();
  node.group = option.get_group();
  node.help = option.get_description();
  node.default_text = option.get_default_str();
  return node;
}

}  // namespace

CommandNode DescribeCommand(const CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    const bool is_hidden = option->get_group().empty();
    const bool is_positional = option->get_lnames().empty() && option->get_snames().empty();
    if (!is_hidden && !is_positional) node.options.push_back(DescribeOption(*option));
  }
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); })) {
    node.commands.push_back(DescribeCommand(*command));
  }
  return node;
}

}  // namespace irsa::cli
