#include "core/app/check/check_population.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/did_you_mean.h"
#include "core/object/codec.h"

extern "C" const char cleat_check_population_begin[], cleat_check_population_end[];

namespace cleat::app {
namespace {

constexpr const char* kUsesAnnotation = "cleat.dev/check";

const boost::json::value* memberOf(const boost::json::value* value, std::string_view key) {
  const boost::json::object* fields = value ? value->if_object() : nullptr;
  return fields ? fields->if_contains(key) : nullptr;
}

std::string textAt(const boost::json::value* value, std::string_view key) {
  const boost::json::value* found = memberOf(value, key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

// "changed, place"
Result<std::vector<std::string>> usesIn(const std::string& text) {
  static const std::vector<std::string> known = {"changed", "placed", "place"};
  std::vector<std::string> uses;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    std::erase(word, ' ');
    if (std::ranges::find(known, word) == known.end()) {
      return fail(Status::badRequest(concat("metadata.annotations[", kUsesAnnotation, "]: no check does ",
                                            inQuotes(word), " with an object", base::didYouMean(word, known))));
    }
    uses.push_back(std::move(word));
  }
  return uses;
}

Result<PopulationObject> objectIn(const std::string& document) {
  PopulationObject object;
  CLEAT_TRY(object.manifest, object::parseYaml(document));
  if (!object.manifest.is_object()) return fail(Status::badRequest("it is no object"));
  const std::string apiVersion = textAt(&object.manifest, "apiVersion");
  const size_t slash = apiVersion.find('/');
  if (slash != std::string::npos) object.group = apiVersion.substr(0, slash);
  object.version = slash == std::string::npos ? apiVersion : apiVersion.substr(slash + 1);
  object.kind = textAt(&object.manifest, "kind");
  const boost::json::value* meta = memberOf(&object.manifest, "metadata");
  object.ns = textAt(meta, "namespace");
  object.name = textAt(meta, "name");
  CLEAT_TRY(object.uses, usesIn(textAt(memberOf(meta, "annotations"), kUsesAnnotation)));
  return object;
}

Result<void> readDocuments(std::string_view yaml, std::string_view source, std::vector<PopulationObject>& into) {
  std::istringstream lines{std::string(yaml)};
  std::string document;
  size_t number = 0;
  const auto finish = [&]() -> Result<void> {
    const std::string text = std::exchange(document, std::string());
    if (text.find_first_not_of(" \n") == std::string::npos) return {};
    const std::string where = concat(source, ": document ", ++number);
    Result<PopulationObject> object = objectIn(text);
    if (!object) return fail(Status::badRequest(concat(where, ": ", object.error().message)));
    object->where = where;
    into.push_back(std::move(*object));
    return {};
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("---")) {
      CLEAT_TRY(finish());
    } else {
      document += line + "\n";
    }
  }
  return finish();
}

}  // namespace

bool PopulationObject::isUsedAs(std::string_view use) const { return std::ranges::find(uses, use) != uses.end(); }

Result<std::vector<PopulationObject>> readPopulation(std::string_view more) {
  const std::string_view own(cleat_check_population_begin,
                             static_cast<size_t>(cleat_check_population_end - cleat_check_population_begin));
  std::vector<PopulationObject> all;
  CLEAT_TRY(readDocuments(own, "population.yaml", all));
  for (PopulationObject& object : all) object.isBuiltIn = true;
  CLEAT_TRY(readDocuments(more, "--objects", all));
  return all;
}

}  // namespace cleat::app
