#include <cleat/sdk/config.h>

#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/call.h>

#include <stdexcept>

namespace cleat {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view nextWord(std::string_view& text) {
  text = trimmed(text);
  std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::vector<std::string> splitList(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> elements;
  while (!trimmed(text).empty()) {
    size_t comma = text.find(',');
    elements.emplace_back(unquoted(trimmed(text.substr(0, comma))));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return elements;
}

std::invalid_argument wrong(std::string_view key, const std::string& value, const char* expected) {
  return std::invalid_argument(concat("setting \"", key, "\": \"", value, "\" is not ", expected));
}

}  // namespace

Config::Config(cleat_words words, std::string_view declared) {
  while (!declared.empty()) {
    size_t end = declared.find('\n');
    declare(declared.substr(0, end));
    declared = end == std::string_view::npos ? std::string_view() : declared.substr(end + 1);
  }
  auto config = detail::readWords<wire::PluginConfig>(words);
  name_ = str(config.getName());
  dataDir_ = str(config.getDataDir());
  nodeName_ = str(config.getNodeName());
  for (auto given : config.getSettings()) {
    Setting& setting = settings_[str(given.getKey())];
    setting.value = str(given.getValue());
    setting.values.clear();
    for (auto value : given.getValues()) setting.values.push_back(str(value));
    setting.set = true;
  }
  auto server = config.getServer();
  server_ = {str(server.getUrl()),         str(server.getCaFile()),        str(server.getPkiDir()),
             str(server.getCertFile()),    str(server.getKeyFile()),       str(server.getServiceCidr()),
             str(server.getClusterCidr()), str(server.getNodePortRange()), str(server.getClusterDomain()),
             str(server.getAddress()),     server.getAgentPort(),          str(server.getServiceAccountIssuer())};
}

void Config::declare(std::string_view line) {
  line = line.substr(0, line.find(" #"));
  std::string_view key = nextWord(line);
  if (key.empty() || key.starts_with('#')) return;
  std::string_view type = nextWord(line);
  Setting& setting = settings_[std::string(key)];
  setting.value = unquoted(trimmed(line));
  if (type == "list") setting.values = splitList(setting.value);
}

const Config::Setting& Config::setting(std::string_view key) const {
  auto found = settings_.find(key);
  if (found == settings_.end()) {
    throw std::invalid_argument(concat("setting \"", key, "\" is not in the manifest's configSchema"));
  }
  return found->second;
}

std::string Config::string(std::string_view key) const { return setting(key).value; }

int64_t Config::integer(std::string_view key) const {
  const std::string& text = setting(key).value;
  const std::optional<int64_t> value = parseInteger<int64_t>(text);
  if (!value) throw wrong(key, text, "an integer");
  return *value;
}

bool Config::boolean(std::string_view key) const {
  const std::string& text = setting(key).value;
  if (text != "true" && text != "false") throw wrong(key, text, "true or false");
  return text == "true";
}

Duration Config::duration(std::string_view key) const {
  const std::string& text = setting(key).value;
  auto value = parseDuration(text);
  if (!value) throw wrong(key, text, "a duration such as 1m30s");
  return *value;
}

std::vector<std::string> Config::list(std::string_view key) const { return setting(key).values; }

bool Config::has(std::string_view key) const {
  auto found = settings_.find(key);
  return found != settings_.end() && found->second.set;
}

}  // namespace cleat
