// ServiceAccounts: the identities of programs in the cluster.
#include <cleat/sdk/meta.h>

#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr std::string_view kMountableSecrets = "kubernetes.io/enforce-mountable-secrets";

// Of a secret that the account may mount the name is all that counts.
void setDefaults(core_v1::ServiceAccount::Builder account, const Change<core_v1::ServiceAccount>&) {
  if (!account.hasSecrets()) return;
  for (auto secret : account.getSecrets()) {
    secret.disownKind();
    secret.disownNamespace();
    secret.disownUid();
    secret.disownApiVersion();
    secret.disownResourceVersion();
    secret.disownFieldPath();
  }
}

void validate(const Change<core_v1::ServiceAccount>& change, Findings& findings) {
  if (!annotation(change.object.getMetadata(), kMountableSecrets)) return;
  if (change.old && annotation(change.old->getMetadata(), kMountableSecrets)) return;
  findings.warn(concat("metadata.annotations[", kMountableSecrets,
                       "]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"));
}

void print(core_v1::ServiceAccount::Reader account, Cells& cells) {
  cells.text(account.getMetadata().getName());
  cells.age(account.getMetadata().getCreationTimestamp());
}

}  // namespace

void addServiceAccounts(KindTable& table) {
  table.add<core_v1::ServiceAccount>({.structFile = kSchemaFile,
                                      .shortNames = {"sa"},
                                      .columns = {nameColumn(), ageColumn()},
                                      .keepsGeneration = true,
                                      .returnsDeleted = true},
                                     {setDefaults, validate, print});
}

}  // namespace cleat::kinds::core
