#include <algorithm>
#include <string>
#include <string_view>

#include "command_tree.h"

namespace irsa::cli {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kNothing = ":nothing";

// What the words before the last mean for it.
struct Place {
  const CommandNode* command = nullptr;
  const OptionNode* option = nullptr;  // whose value it is
  size_t arguments = 0;                // that are there already
  bool is_help = false;                // behind `help`, only commands follow
  bool only_arguments = false;         // behind "--"
};

template <typename Nodes>
auto FindNamed(const Nodes& nodes, std::string_view name) {
  return std::ranges::find_if(nodes, [&](const auto& node) { return node.name == name; });
}

const OptionNode* FindOption(const CommandNode& command, std::string_view name) {
  const auto has_name = [&](const OptionNode& option) {
    return std::ranges::find(option.names, name) != option.names.end();
  };
  const auto found = std::ranges::find_if(command.options, has_name);
  return found == command.options.end() ? nullptr : &*found;
}

void Pass(std::string_view word, Place& place) {
  if (place.option != nullptr) {
    if (word != "=") place.option = nullptr;
  } else if (place.only_arguments) {
    ++place.arguments;
  } else if (word == "--") {
    place.only_arguments = true;
  } else if (word.starts_with('-')) {
    const OptionNode* option = FindOption(*place.command, word);
    if (option != nullptr && !option->value.empty()) place.option = option;
  } else if (const auto command = FindNamed(place.command->commands, word); command != place.command->commands.end()) {
    if (word == "help" && !place.is_help) {
      place.is_help = true;
    } else {
      place.command = &*command;
    }
  } else {
    ++place.arguments;
  }
}

void Offer(std::string_view word, std::string_view typed, const std::string& description, std::string& text) {
  if (!word.starts_with(typed)) return;
  text.append(word).append("\t");
  const size_t sentence = std::min(description.find(';'), description.size());
  text.append(description, 0, sentence).append("\n");
}

// Values of `option` behind `prefix`, which is "--name=" where that is one word, and what else the shell should offer.
std::string_view OfferValues(const OptionNode& option, const std::string& prefix, std::string_view typed,
                             std::string& text) {
  for (const std::string& choice : option.choices) Offer(prefix + choice, typed, "", text);
  if (!option.choices.empty()) return kNothing;
  if (option.value.starts_with("FILE")) return ":files";
  return option.value.starts_with("DIR") || option.names.front() == "DIR" ? ":directories" : kNothing;
}

void OfferOptions(const CommandNode& command, std::string_view typed, std::string& text) {
  for (const OptionNode& option : command.options) {
    for (const std::string& name : option.names) Offer(name, typed, option.help, text);
  }
}

std::string_view OfferAtPlace(const Place& place, std::string_view typed, std::string& text) {
  const CommandNode& command = *place.command;
  if (place.option != nullptr) return OfferValues(*place.option, "", typed == "=" ? "" : typed, text);
  if (typed.starts_with('-') && !place.only_arguments && !place.is_help) {
    const size_t equals = typed.find('=');
    if (equals == std::string_view::npos) {
      OfferOptions(command, typed, text);
      return kNothing;
    }
    const OptionNode* option = FindOption(command, typed.substr(0, equals));
    if (option == nullptr || option->value.empty()) return kNothing;
    return OfferValues(*option, std::string(typed.substr(0, equals + 1)), typed, text);
  }
  for (const CommandNode& child : command.commands) Offer(child.name, typed, child.help, text);
  if (!command.commands.empty() || place.is_help) return kNothing;
  if (place.arguments < command.positionals.size()) {
    return OfferValues(command.positionals[place.arguments], "", typed, text);
  }
  if (!place.only_arguments) OfferOptions(command, typed, text);
  return kNothing;
}

}  // namespace

std::string CompletionText(const CommandNode& root, Words words) {
  Place place{.command = &root};
  for (size_t i = 0; i + 1 < words.size(); ++i) Pass(words[i], place);
  std::string text;
  const std::string_view offer = OfferAtPlace(place, words.empty() ? std::string_view() : words.back(), text);
  return text.append(offer).append("\n");
}

}  // namespace irsa::cli
