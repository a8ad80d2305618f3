#include "irsa/identity/rules/annotations.h"

#include "command_tree.h"

namespace irsa::cli {
namespace {

// Text for man(7): backslashes and dashes are literal, and no line begins with a control character.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) escaped.append("\\&");
    if (c == '\\' || c == '-') escaped.push_back('\\');
    if (c == '\\') {
      escaped.push_back('e');
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string OptionParagraph(const OptionNode& option) {
  std::string heading;
  for (const std::string& name : option.names) {
    heading.append(heading.empty() ? "" : ", ").append("\\fB" + Escaped(name) + "\\fR");
  }
  if (!option.value.empty()) heading.append(" \\fI" + Escaped(option.value) + "\\fR");
  std::string text = ".TP\n" + heading + "\n" + Escaped(option.help) + "\n";
  if (!option.default_text.empty()) text.append("Default: " + Escaped(option.default_text) + ".\n");
  return text;
}

void AppendCommand(const CommandNode& command, const std::string& name, std::string& page) {
  page.append(".SH " + Escaped(name) + "\n" + Escaped(command.help) + "\n");
  std::string group;
  for (const OptionNode& option : command.options) {
    if (option.group != group) page.append(".SS " + Escaped(option.group) + "\n");
    group = option.group;
    page.append(OptionParagraph(option));
  }
  for (const CommandNode& child : command.commands) AppendCommand(child, name + " " + child.name, page);
}

void AppendAnnotations(std::string& page) {
  page.append(".SH ANNOTATIONS\nEach behind the prefix and a slash.\n");
  for (const identity::KnownAnnotation& known : identity::KnownAnnotations()) {
    const bool on_account = known.BelongsOn(identity::AnnotationHolder::kServiceAccount);
    const bool on_pod = known.BelongsOn(identity::AnnotationHolder::kPod);
    page.append(".TP\n\\fB" + Escaped(std::string(known.name)) + "\\fR\n");
    page.append(on_account ? "Service account" : "Pod").append(on_account && on_pod ? ", pod: " : ": ");
    page.append(Escaped(std::string(known.meaning)) + ".\n");
  }
}

}  // namespace

std::string ManualPage(const CommandNode& root, const std::string& version) {
  std::string page = ".TH " + root.name + " 1 \"\" \"" + root.name + " " + version + "\"\n.SH NAME\n" + root.name +
                     " \\- " + Escaped(root.help) + "\n.SH SYNOPSIS\n.B " + root.name +
                     "\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH COMMANDS\n";
  for (const CommandNode& command : root.commands) {
    page.append(".TP\n\\fB" + Escaped(command.name) + "\\fR\n" + Escaped(command.help) + "\n");
  }
  for (const CommandNode& command : root.commands) AppendCommand(command, root.name + " " + command.name, page);
  AppendAnnotations(page);
  page.append(
      ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nThe answer is \"no\", or the work failed.\n.TP\n2\nWrong usage.\n");
  return page;
}

}  // namespace irsa::cli
