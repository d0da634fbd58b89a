// The definitions of an OpenAPI document: every type that a set of kinds is made of, out of the plans that the codecs
// follow and the comments of the schemas. The same in both dialects but for how a type is referred to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/json_writer.h"
#include "core/object/catalogue.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::api {

enum class Dialect { v2, v3 };

// Names that definitions and paths refer to.
std::string definitionName(const object::StructCodec& codec);
std::string definitionName(const object::Kind& kind);  // empty when the kind has no schema
std::string listDefinitionName(const object::Kind& kind);
// "#/definitions/NAME" or "#/components/schemas/NAME"
std::string referenceTo(Dialect dialect, std::string_view name);

inline constexpr std::string_view kDeleteOptionsName = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
inline constexpr std::string_view kStatusName = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
inline constexpr std::string_view kWatchEventName = "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent";
inline constexpr std::string_view kPatchName = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

// The members that tell of every object which kind it is.
void writeApiVersionAndKind(JsonWriter& json);
// {"group":…,"kind":…,"version":…}
void writeGroupVersionKind(JsonWriter& json, const object::Kind& kind, std::string_view kindName);

class DefinitionWriter {
 public:
  DefinitionWriter(const object::Catalogue& catalogue, Dialect dialect) : catalogue_(catalogue), dialect_(dialect) {}
  // The members of "definitions" or "schemas", by name: those of the kinds, their lists, and what all of them refer to.
  void write(JsonWriter& json, const std::vector<object::KindRef>& kinds);

 private:
  void addRoot(const object::Kind& kind);
  void collect(const object::StructCodec& codec);
  void collectValue(const object::ValuePlan& value);
  void collectAbsences(const object::FieldPlan& field);
  void writeStruct(JsonWriter& json, const object::StructCodec& codec);
  void writeList(JsonWriter& json, const object::Kind& kind);
  void writeField(JsonWriter& json, const object::StructCodec& codec, const object::FieldPlan& field);
  void writeValue(JsonWriter& json, const object::ValuePlan& value, bool described,
                  const std::vector<std::string>* values);
  void writeReference(JsonWriter& json, std::string_view name, bool wrapped);
  void writeScalars(JsonWriter& json);

  const object::Catalogue& catalogue_;
  const Dialect dialect_;
  std::map<std::string, const object::StructCodec*> structs_;
  std::map<std::string, const object::Kind*> open_;
  std::map<std::string, std::vector<const object::Kind*>> kinds_;  // by the name of their root
  std::map<std::string, const object::Kind*> lists_;
  // What the absence of a field means that tells the items of a list apart, by its definition and name.
  std::map<std::pair<std::string, std::string>, std::string> absences_;
};

}  // namespace cleat::api
