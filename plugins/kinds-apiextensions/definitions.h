// The kind CustomResourceDefinition: what it is called, what it is filled in with, and the columns that kubectl prints.
// Its rules are in definition_rules.h.
//
//   addDefinitions(table());
#pragma once

#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/time.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::extensions {

using Definition = apiextensions_v1::CustomResourceDefinition;

// Keeps a definition until all objects of its kind have gone.
inline constexpr const char* kCleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

void addDefinitions(KindTable& table);

// The definition as the first request to delete it leaves it: it waits for whoever deletes the objects. Nothing where
// it waits already.
AnyRef markedForDeletion(const Object<Definition>& definition, WallTime now);

}  // namespace cleat::kinds::extensions
