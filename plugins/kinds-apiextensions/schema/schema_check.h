// The checks of a schema that a CustomResourceDefinition brings, each of which adds what it finds wrong. They are made
// in the order in which they stand here; `at` is where the schema stands.
#pragma once

#include <string_view>

#include "kinds-apiextensions/schema/compiled_schema.h"
#include "kinds-apiextensions/schema/trail.h"
#include "kinds-apiextensions/schema/validate.h"
#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

// That the schema is of a size, depth and cost that everything else can rely on. False if it is not.
bool checkSchemaLimits(SchemaReader schema, const Trail& at, Findings& findings);

// Which unsupported field keeps the schema, or one within it, from being structural at all; empty if none does.
std::string_view unsupportedField(SchemaReader schema);

// That the schema is structural: every value has a type that is told outside of allOf, anyOf, oneOf and not.
void checkStructure(SchemaReader schema, const Trail& at, Findings& findings);

// That the defaults are valid themselves, and name nothing that would be pruned.
void checkDefaults(SchemaReader schema, const CompiledSchema& compiled, const Trail& at, Findings& findings);

// The same by the schema's rules in CEL, which are compiled once all else of the schema is right.
void checkDefaultsByRules(SchemaReader schema, const CompiledSchema& compiled, const Trail& at, Findings& findings);

// What may stand in a schema, and together with what.
void checkSchemaFields(SchemaReader schema, const Trail& at, const SchemaOptions& options, Findings& findings);

// Whoever made so many mistakes knows enough; paths can be long.
inline bool isEnough(const Findings& findings) { return findings.causes().size() >= kMostFindings; }

inline Path pathOf(const Trail& at) { return Path(at.text(TrailKeys::bracketed)); }
// The steps to a part of a schema: Trail(&properties, name, key) of Trail(&at, "properties").
inline Trail member(const Trail& at, std::string_view name) { return Trail(&at, name); }
inline Trail key(const Trail& at, std::string_view name) { return Trail(&at, name, Trail::Step::key); }

// The schema of a property; false if there is none of that name.
bool findProperty(SchemaReader schema, std::string_view name, SchemaReader& found);
// The default, if there is one: null says that there is none.
std::optional<JsonTree> defaultOf(SchemaReader schema);

}  // namespace cleat::kinds::extensions
