#include <sstream>
#include <string>

#include "irsa/base/text.h"
#include "irsa/identity/rules/annotations.h"

#include "cli/options/mutation_options.h"
#include "cli/output/standard_streams.h"
#include "command_tree.h"

namespace irsa::cli {
namespace {

// Text for man(7): backslashes and dashes are literal, and no line begins with a control character.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) escaped.append("\\&");
    if (c == '\\' || c == '-') escaped.push_back('\\');
    escaped.push_back(c == '\\' ? 'e' : c);
  }
  return escaped;
}

std::string OptionParagraph(const OptionNode& option) {
  std::string heading;
  for (const std::string& name : option.names) {
    heading.append(heading.empty() ? "" : ", ").append("\\fB" + Escaped(name) + "\\fR");
  }
  if (!option.value.empty()) heading.append(" \\fI" + Escaped(option.value) + "\\fR");
  std::string text = ".TP\n" + heading + "\n" + Escaped(option.help) + ".\n";
  if (!option.choices.empty()) {
    text.append("One of: " + Escaped(base::Joined(option.choices)) + ".\n");
  }
  if (option.is_required) text.append("Required.\n");
  if (!option.default_text.empty()) text.append("Default: " + Escaped(option.default_text) + ".\n");
  return text;
}

// Paragraphs, and examples as they stand. The annotations have a section of their own.
void AppendRoffFooter(const std::string& footer, std::string& page) {
  bool is_verbatim = false;
  std::istringstream lines(footer);
  for (std::string line; std::getline(lines, line);) {
    if (line == kAnnotationsHeading) break;
    if (line.starts_with(' ') != is_verbatim) page.append(is_verbatim ? ".EE\n" : ".PP\n.EX\n");
    is_verbatim = line.starts_with(' ');
    if (is_verbatim) {
      page.append(Escaped(line)).append("\n");
    } else if (line == "Examples:") {
      page.append(".SS Examples\n");
    } else if (!line.empty()) {
      page.append(".PP\n").append(Escaped(line)).append("\n");
    }
  }
  if (is_verbatim) page.append(".EE\n");
}

std::string Synopsis(const CommandNode& command, const std::string& name) {
  std::string text = ".PP\n\\fB" + Escaped(name) + "\\fR";
  if (!command.commands.empty()) return text + " \\fICOMMAND\\fR\n";
  for (const OptionNode& option : command.options) {
    if (!option.is_required) continue;
    text.append(" \\fB" + Escaped(option.names.front()) + "\\fR \\fI" + Escaped(option.value) + "\\fR");
  }
  text.append(" [\\fIOPTION\\fR...]");
  for (const OptionNode& argument : command.positionals) {
    text.append(" \\fI" + Escaped(argument.names.front()) + "\\fR");
  }
  return text + "\n";
}

void AppendCommand(const CommandNode& command, const std::string& name, std::string& page) {
  page.append(".SH " + Escaped(name) + "\n" + Escaped(command.help) + ".\n" + Synopsis(command, name));
  std::string group;
  for (const OptionNode& option : command.options) {
    if (option.names.front() == "--help") continue;
    if (option.group != group) page.append(".SS " + Escaped(option.group) + "\n");
    group = option.group;
    page.append(OptionParagraph(option));
  }
  AppendRoffFooter(command.footer, page);
  for (const CommandNode& child : command.commands) AppendCommand(child, name + " " + child.name, page);
}

void AppendAnnotations(std::string& page) {
  page.append(
      ".SH ANNOTATIONS\nIn a manifest, put the prefix and a slash before each name: eks.amazonaws.com/role\\-arn.\n");
  for (const identity::KnownAnnotation& known : identity::KnownAnnotations()) {
    page.append(".TP\n\\fB" + Escaped(std::string(known.name)) + "\\fR\n");
    page.append(Escaped(std::string(known.meaning)) + " (" + HoldersOf(known) + ").\n");
  }
}

}  // namespace

std::string ManualPage(const CommandNode& root, const std::string& version) {
  std::string page = ".TH " + root.name + " 1 \"\" \"" + root.name + " " + version + "\"\n.SH NAME\n" + root.name +
                     " \\- " + Escaped(root.help) + "\n.SH SYNOPSIS\n.B " + root.name +
                     "\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH COMMANDS\n";
  for (const CommandNode& command : root.commands) {
    page.append(".TP\n\\fB" + Escaped(command.name) + "\\fR\n" + Escaped(command.help) + ".\n");
  }
  AppendRoffFooter(root.footer, page);
  for (const CommandNode& command : root.commands) AppendCommand(command, root.name + " " + command.name, page);
  AppendAnnotations(page);
  page.append(
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBKUBECONFIG\\fR\nKubeconfigs for \\fBirsa audit\\fR and \\fBirsa explain\\fR, separated by colons.\n"
      ".TP\n\\fBHTTPS_PROXY\\fR, \\fBHTTP_PROXY\\fR, \\fBNO_PROXY\\fR\n"
      "Proxies that the same commands reach a cluster through, and that \\fBirsa explain\\fR and \\fBirsa issuer "
      "rotate \\-\\-check\\fR fetch an issuer\\(aqs keys through.\n"
      ".TP\n\\fBAWS_EC2_METADATA_SERVICE_ENDPOINT\\fR\n"
      "URL of the instance metadata service, which tells \\fBirsa serve \\-\\-compose\\-role\\-arn\\fR the "
      "partition and account of roles.\n"
      ".TP\n\\fBNO_COLOR\\fR\nNot empty: \\fBirsa mutate \\-o diff\\fR uses no color.\n"
      ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nThe answer is \"no\", or the work failed.\n.TP\n2\nWrong usage.\n"
      ".SH SEE ALSO\n\\fBkubectl\\fR(1), \\fBaws\\fR(1)\n");
  return page;
}

}  // namespace irsa::cli
