// What the server is told of the kinds that CustomResourceDefinitions describe.
//
//   describeKinds(params.getDescription().initAs<role::KindsDescription>(), definitions);
#pragma once

#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/object.h>

#include <string>
#include <vector>

#include "kinds-apiextensions/definitions.h"

namespace cleat::kinds::extensions {

// Whether there is something to offer: its names are accepted, and somebody can ask for it.
bool isOffered(Definition::Reader definition);

// Objects of one version are made ones of another by a webhook.
bool isConvertedByWebhook(Definition::Reader definition);

// Whether a definition that is being deleted is served although nobody could ask for any of its versions before: its
// objects are to be deleted with it.
bool servedInTheEnd(Definition::Reader definition);

// All versions of each of them, those that nobody can ask for included: objects may be stored in one.
void describeKinds(role::KindsDescription::Builder description, const std::vector<Object<Definition>>& definitions);

// A column beside the name.
struct PrintedColumn {
  std::string name, type, format, description, jsonPath;
  int32_t priority = 0;
};
// Those that a version asks for; without any, the age.
std::vector<PrintedColumn> columnsOf(apiextensions_v1::CustomResourceDefinitionVersion::Reader version);

// The words of the warning that answers in a deprecated version carry; empty for one that is not.
std::string deprecationOf(Definition::Reader definition,
                          apiextensions_v1::CustomResourceDefinitionVersion::Reader version);

}  // namespace cleat::kinds::extensions
