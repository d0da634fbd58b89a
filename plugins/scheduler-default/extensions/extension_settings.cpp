#include "extensions/extension_settings.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/try.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

std::unexpected<Status> bad(std::string_view what) { return fail(Status::badRequest(std::string(what))); }

Result<ExtensionSettings> readOne(const std::string& path, JsonView table) {
  ExtensionSettings settings;
  std::string policy = "fail";
  const TableReader reader(path, table);
  CLEAT_TRY(reader.read({{"name", TableReader::text(settings.name)},
                         {"profiles", TableReader::texts(settings.profiles)},
                         {"weight", TableReader::number(settings.weight, 0, kMostExtensionWeight)},
                         {"failure_policy", TableReader::text(policy)},
                         {"timeout", TableReader::duration(settings.timeout)},
                         {"permit_timeout", TableReader::duration(settings.permitTimeout)}}));
  if (settings.name.empty()) return reader.wrong("name", "is missing: the plugin that is to be asked");
  if (policy != "fail" && policy != "ignore") {
    return reader.wrong("failure_policy", concat(inQuotes(policy), " is neither fail nor ignore"));
  }
  settings.failsOpen = policy == "ignore";
  return settings;
}

}  // namespace

std::unexpected<Status> TableReader::wrong(std::string_view key, std::string_view what) const {
  return fail(Status::badRequest(concat(path_, ".", key, ": ", what)));
}

Result<void> TableReader::read(const std::map<std::string, Take, std::less<>>& keys) const {
  for (const JsonView member : table_.items()) {
    auto known = keys.find(member.name());
    if (known == keys.end()) {
      const std::string all = joined(keys, ", ", [](const auto& key) { return key.first; });
      return wrong(member.name(), concat("no such setting; there are ", all));
    }
    if (auto taken = known->second(member); !taken) return wrong(member.name(), taken.error().message);
  }
  return {};
}

TableReader::Take TableReader::text(std::string& out) {
  return [&out](JsonView value) -> Result<void> {
    if (!value.isText()) return bad("must be a string");
    out = value.text();
    return {};
  };
}

TableReader::Take TableReader::texts(std::vector<std::string>& out) {
  return [&out](JsonView value) -> Result<void> {
    if (!value.isList()) return bad("must be a list of strings");
    out.clear();
    for (const JsonView item : value.items()) {
      if (!item.isText()) return bad("must be a list of strings");
      out.emplace_back(item.text());
    }
    return {};
  };
}

TableReader::Take TableReader::boolean(bool& out) {
  return [&out](JsonView value) -> Result<void> {
    if (value.type() != JsonType::boolean) return bad("must be true or false");
    out = value.boolean();
    return {};
  };
}

TableReader::Take TableReader::number(int64_t& out, int64_t least, int64_t most) {
  return [&out, least, most](JsonView value) -> Result<void> {
    const auto number = value.isNumber() ? value.integer() : std::nullopt;
    if (!number || *number < least || *number > most) {
      return bad(concat("must be a number from ", least, " to ", most));
    }
    out = *number;
    return {};
  };
}

TableReader::Take TableReader::duration(Duration& out) {
  return [&out](JsonView value) -> Result<void> {
    const auto read = value.isText() ? parseDuration(value.text()) : std::nullopt;
    if (!read || *read < std::chrono::milliseconds(1) || *read > std::chrono::minutes(10)) {
      return bad("must be a time from 1ms to 10m, such as 500ms or 5s");
    }
    out = *read;
    return {};
  };
}

Result<void> checkProfiles(std::string_view path, const std::vector<std::string>& named,
                           const std::vector<Profile>& profiles) {
  for (const std::string& name : named) {
    const bool known = std::ranges::any_of(profiles, [&](const Profile& p) { return p.schedulerName == name; });
    if (!known) return bad(concat(path, ".profiles: there is no profile ", inQuotes(name)));
  }
  return {};
}

Result<std::vector<ExtensionSettings>> readExtensions(const Config& config, const std::vector<Profile>& profiles) {
  std::vector<ExtensionSettings> all;
  for (const std::string& entry : config.list("extensions")) {
    const std::string path = concat("extensions[", all.size(), "]");
    CLEAT_TRY(const JsonTree tree, JsonTree::parse(entry));
    CLEAT_TRY(ExtensionSettings settings, readOne(path, tree.view()));
    CLEAT_TRY(checkProfiles(path, settings.profiles, profiles));
    if (std::ranges::find(all, settings.name, &ExtensionSettings::name) != all.end()) {
      return bad(concat(path, ": ", inQuotes(settings.name), " is named twice"));
    }
    all.push_back(std::move(settings));
  }
  return all;
}

}  // namespace cleat::scheduling
