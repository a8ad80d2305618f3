#include "test/identity/pod_text.h"

#include <sstream>

#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

Json ParseVolume(std::istringstream& words) {
  std::string name, audience;
  int64_t seconds = 0;
  words >> name;
  if (!(words >> audience >> seconds)) return {{"name", name}};
  const Json token = {{"audience", audience}, {"expirationSeconds", seconds}, {"path", "token"}};
  return {{"name", name}, {"projected", {{"sources", {{{"serviceAccountToken", token}}}}}}};
}

Json ParseContainer(const std::string& name, std::istringstream& words) {
  Json container = {{"name", name}};
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    const size_t at = word.find('@');
    const size_t query = word.find('?');
    if (equals != std::string::npos) {
      container["env"].push_back({{"name", word.substr(0, equals)}, {"value", word.substr(equals + 1)}});
    } else if (query != std::string::npos) {
      const Json optional = {{"name", "n"}, {"key", "k"}, {"optional", true}};
      container["env"].push_back(
          {{"name", word.substr(0, query)}, {"valueFrom", {{word.substr(query + 1) + "KeyRef", optional}}}});
    } else if (at == std::string::npos) {
      container["env"].push_back({{"name", word}});
    } else {
      const bool is_read_only = word.ends_with(":ro");
      if (is_read_only) word.resize(word.size() - 3);
      Json& mount = container["volumeMounts"].emplace_back();
      mount = {{"name", word.substr(0, at)}, {"mountPath", word.substr(at + 1)}};
      if (is_read_only) mount["readOnly"] = true;
    }
  }
  return container;
}

void PrintContainers(const Json& list, std::string_view prefix, std::ostringstream& out) {
  for (const Json& container : list) {
    out << prefix << container["name"].get<std::string>();
    for (const Json& variable : container.value("env", Json::array())) {
      out << ' ' << variable["name"].get<std::string>();
      if (variable.contains("value")) out << '=' << variable["value"].get<std::string>();
    }
    for (const Json& mount : container.value("volumeMounts", Json::array())) {
      out << ' ' << mount["name"].get<std::string>() << '@' << mount["mountPath"].get<std::string>();
      if (mount.value("readOnly", false)) out << ":ro";
    }
    out << '\n';
  }
}

}  // namespace

Json ParsePod(std::string_view text) {
  Json pod = {{"spec", {{"containers", Json::array()}}}};
  Json& spec = pod["spec"];
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    if (word == "volume") {
      spec["volumes"].push_back(ParseVolume(words));
    } else if (word == "windows") {
      spec["os"] = {{"name", "windows"}};
    } else if (word == "mirror") {
      pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "x";
    } else if (word == "labels") {
      pod["metadata"]["labels"] = Json::object();
    } else if (word == "label") {
      std::string key, value;
      words >> key >> value;
      pod["metadata"]["labels"][key] = value;
    } else if (word == "annotation") {
      std::string key, value;
      words >> key >> std::ws;
      std::getline(words, value);
      pod["metadata"]["annotations"][key] = value;
    } else if (word == "init") {
      words >> word;
      spec["initContainers"].push_back(ParseContainer(word, words));
    } else {
      spec["containers"].push_back(ParseContainer(word, words));
    }
  }
  return pod;
}

std::string PrintPod(const Json& pod) {
  std::ostringstream out;
  const Json& spec = pod["spec"];
  PrintContainers(spec.value("initContainers", Json::array()), "init ", out);
  PrintContainers(spec["containers"], "", out);
  for (const Json& volume : spec.value("volumes", Json::array())) {
    out << "volume " << volume["name"].get<std::string>();
    if (volume.contains("projected")) {
      const Json& token = volume["projected"]["sources"][0]["serviceAccountToken"];
      out << ' ' << token["audience"].get<std::string>() << ' ' << token["expirationSeconds"].get<int64_t>();
    }
    out << '\n';
  }
  const Json labels = pod.value("metadata", Json::object()).value("labels", Json::object());
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    out << "label " << label.key() << ' ' << label.value().get<std::string>() << '\n';
  }
  return out.str();
}

}  // namespace irsa::identity
