#include "core/app/envtest/foreign_flags.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::app {
namespace {

std::string flagNameOf(const std::string& argument) {
  const size_t dashes = argument.starts_with("--") ? 2 : argument.starts_with("-") ? 1 : 0;
  return dashes == 0 ? std::string() : argument.substr(dashes, argument.find('=') - dashes);
}

}  // namespace

Result<ForeignFlags> ForeignFlags::parse(const char* program, std::span<const ForeignFlag> known,
                                         std::span<const std::string> arguments) {
  ForeignFlags flags;
  std::string wrong;
  auto complain = [&wrong](const std::string& what) { wrong += concat(wrong.empty() ? "" : ", ", what); };
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const std::string name = flagNameOf(argument);
    const auto flag = std::ranges::find_if(known, [&](const ForeignFlag& one) { return name == one.name; });
    if (name.empty() || flag == known.end()) {
      complain(name.empty() ? argument : "--" + name);
      continue;
    }
    std::string value;
    if (const size_t equals = argument.find('='); equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (flag->boolean) {
      value = "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      complain(concat("--", name, " without a value"));
    }
    if (flag->use == ForeignFlag::Use::none) {
      flags.withoutEffect_.push_back(name);
    } else {
      flags.values_[name].push_back(value);
    }
  }
  if (wrong.empty()) return flags;
  return fail(
      Status::badRequest(concat(program, " of `cleat envtest` does not know ", wrong, " (--help lists its flags)")));
}

std::string ForeignFlags::get(const std::string& name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::string() : found->second.back();
}

std::vector<std::string> ForeignFlags::list(const std::string& name) const {
  std::vector<std::string> all;
  auto found = values_.find(name);
  if (found == values_.end()) return all;
  for (const std::string& value : found->second) {
    for (size_t begin = 0; begin <= value.size();) {
      const size_t comma = std::min(value.find(',', begin), value.size());
      if (comma > begin) all.push_back(value.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
  return all;
}

bool ForeignFlags::isTrue(const std::string& name, bool otherwise) const {
  const std::string value = get(name);
  return value.empty() ? otherwise : value != "false" && value != "0";
}

std::string helpFor(const char* program, const char* what, std::span<const ForeignFlag> known) {
  std::string text = concat(program, ": ", what, "\n\nFlags:\n");
  for (const ForeignFlag& flag : known) {
    const bool changes = flag.use == ForeignFlag::Use::effect;
    text += concat("      --", flag.name, "   ", changes ? flag.help : "taken, and changes nothing here", "\n");
  }
  return text;
}

}  // namespace cleat::app
