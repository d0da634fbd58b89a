// ServiceAccounts: the identities of programs in the cluster.
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

void print(core_v1::ServiceAccount::Reader account, Cells& cells) {
  cells.text(account.getMetadata().getName());
  cells.integer(account.getSecrets().size());
  cells.age(account.getMetadata().getCreationTimestamp());
}

}  // namespace

void addServiceAccounts(KindTable& table) {
  table.add<core_v1::ServiceAccount>(
      {.structFile = kSchemaFile,
       .shortNames = {"sa"},
       .columns = {nameColumn(), {"Secrets", "string", "How many secrets the account may use."}, ageColumn()},
       .keepsGeneration = true,
       .returnsDeleted = true},
      {nullptr, nullptr, print});
}

}  // namespace cleat::kinds::core
