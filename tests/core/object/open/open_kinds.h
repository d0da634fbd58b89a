// Open kinds for tests, made as a plugin would offer them.
#pragma once

#include <capnp/message.h>

#include <string>
#include <vector>

#include "core/object/catalogue.h"

namespace cleat::test {

struct OpenVersion {
  std::string name = "v1";
  std::string schema = R"({"type":"object","x-kubernetes-preserve-unknown-fields":true})";
  bool served = true, storage = false, hasStatus = true;
};

// Offers example.com's `crontabs` of the kind CronTab in these versions.
inline Result<void> offerCronTabs(object::KindRegistry& registry, const std::vector<OpenVersion>& versions,
                                  const std::string& plugin = "custom") {
  capnp::MallocMessageBuilder message;
  auto description = message.initRoot<role::KindsDescription>();
  auto kinds = description.initKinds(static_cast<unsigned>(versions.size()));
  for (unsigned i = 0; i < kinds.size(); ++i) {
    kinds[i].setGroup("example.com");
    kinds[i].setVersion(versions[i].name);
    kinds[i].setKind("CronTab");
    kinds[i].setPlural("crontabs");
    kinds[i].setNamespaced(true);
    kinds[i].setHasStatus(versions[i].hasStatus);
    kinds[i].setServed(versions[i].served);
    kinds[i].setStorage(versions[i].storage);
    kinds[i].setOpenSchema(versions[i].schema);
    kinds[i].initSelectableFields(1).set(0, "spec.color");
  }
  return registry.offer(plugin, description.asReader(), {});
}

}  // namespace cleat::test
