// ConfigMaps: texts and bytes under keys.
#include <cleat/sdk/meta.h>

#include "kinds-common/names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr size_t kSizeLimit = 1u << 20;

void checkContent(core_v1::ConfigMap::Reader object, Findings& findings) {
  size_t total = 0;
  auto check = [&](auto entry, const char* field) {
    Wrongs wrongs = wrongConfigMapKey(view(entry.getKey()));
    if (!wrongs.empty()) findings.invalidEach(Path(field)[view(entry.getKey())], entry.getKey(), wrongs);
    total += entry.getValue().size();
  };
  for (auto entry : object.getData()) {
    for (auto binary : object.getBinaryData()) {
      if (view(binary.getKey()) != view(entry.getKey())) continue;
      findings.invalid(Path("data")[view(entry.getKey())], entry.getKey(), "duplicate of key present in binaryData");
    }
    check(entry, "data");
  }
  for (auto entry : object.getBinaryData()) check(entry, "binaryData");
  // The path is empty: it is the whole that is too long.
  if (total > kSizeLimit) findings.tooLong(Path(""), kSizeLimit);
}

void validate(const Change<core_v1::ConfigMap>& change, Findings& findings) {
  if (change.old && valueOr(change.old->getImmutable(), false)) {
    if (!valueOr(change.object.getImmutable(), false)) {
      findings.forbidden(Path("immutable"), "field is immutable when `immutable` is set");
    }
    if (!sameStruct(change.old->getData(), change.object.getData())) {
      findings.forbidden(Path("data"), "field is immutable when `immutable` is set");
    }
    if (!sameStruct(change.old->getBinaryData(), change.object.getBinaryData())) {
      findings.forbidden(Path("binaryData"), "field is immutable when `immutable` is set");
    }
  }
  checkContent(change.object, findings);
}

void print(core_v1::ConfigMap::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.integer(object.getData().size() + object.getBinaryData().size());
  cells.age(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void addConfigMaps(KindTable& table) {
  table.add<core_v1::ConfigMap>({.structFile = kSchemaFile,
                                 .shortNames = {"cm"},
                                 .columns = {nameColumn(), {"Data", "string", "How many keys there are."}, ageColumn()},
                                 .keepsGeneration = true},
                                {nullptr, validate, print});
}

}  // namespace cleat::kinds::core
