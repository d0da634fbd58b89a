// Reference files and comparison of JSON by meaning, for the tests of this folder.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "cleat_folders.h"
#include "core/object/json/json_text.h"

namespace cleat::test {

inline std::string referencePath(const std::string& name) { return CLEAT_REFERENCE_DIR "/" + name; }

inline bool hasReference() { return std::filesystem::exists(referencePath("api-fixtures")); }

inline std::string readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

// Some of the reference files have a comma too many.
inline boost::json::value parse(std::string_view text) {
  boost::json::parse_options options;
  options.allow_trailing_commas = true;
  return boost::json::parse(text, {}, options);
}

// Members sorted, so that equal meaning is equal text.
inline boost::json::value sorted(const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    std::vector<std::pair<std::string, boost::json::value>> members;
    for (const auto& [name, member] : *object) members.emplace_back(std::string(name), sorted(member));
    std::ranges::sort(members, {}, [](const auto& member) { return member.first; });
    boost::json::object out;
    for (auto& [name, member] : members) out[name] = std::move(member);
    return out;
  }
  if (const auto* array = value.if_array()) {
    boost::json::array out;
    for (const auto& element : *array) out.push_back(sorted(element));
    return out;
  }
  return value;
}

inline std::string sortedText(const boost::json::value& value) { return object::jsonText(sorted(value)); }

}  // namespace cleat::test
