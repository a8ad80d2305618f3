// The options that decide how a pod is mutated, the same for every command that mutates (docs/design.md section 4).
#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::cli {

// A flag as Go's programs have it: bare, or =true and =false, but no value behind a space.
void AddGoFlag(CLI::App& app, const char* name, bool& value, const char* description);

// Declares them on `app`, with `settings` as their defaults; what is given is checked and stored there. `settings`
// outlives the parsing.
void AddMutationOptions(CLI::App& app, identity::Settings& settings);

// Those of them that say where roles are whose annotations name them without an ARN.
void AddComposition(CLI::App& app, identity::RoleComposition& composition);

// Throws what CLI11 throws when they are incomplete for a command that asks no instance metadata.
void CheckComposition(const identity::RoleComposition& composition);

// The file of service accounts that use EKS Pod Identity; empty: none.
void AddContainerCredentialsConfig(CLI::App& app, std::string& path);

inline constexpr std::string_view kAnnotationsHeading =
    "Annotations (in a manifest, put the prefix and a slash before each name):";

// What may have the annotation: "service account, pod".
std::string HoldersOf(const identity::KnownAnnotation& known);

// What --help says of annotations: the heading and an entry for each that irsa reads, in lines of at most 80 columns.
std::string AnnotationsText();

// The first of them alone.
void AddAnnotationPrefix(CLI::App& app, std::string& prefix);

// Those of them that decide which token a service account's pods get: prefix, audience, expiration.
void AddTokenSettings(CLI::App& app, identity::Settings& settings);

}  // namespace irsa::cli
