// KindsPlugin: the role `kinds` on top of a KindTable. A kinds plugin derives from it, fills `table()` in its
// constructor and overrides what it has beyond facts and pure functions: transform, project, review, look,
// connect, beforeCommit. Needs cleat_embed_schema for its target.
#pragma once

#include <cleat/sdk/roles.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds {

class KindsPlugin : public RolePlugin<role::KindsRole> {
 public:
  using RolePlugin::RolePlugin;
  Task<Result<void>> start() override;

  Task<Result<void>> describe(Call<role::KindsDescription>& call) override;
  Task<Result<void>> rows(role::RowsParams::Reader params, Call<role::RowsResults>& call) override;
  Task<Result<void>> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) override;
  Task<Result<void>> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) override;
  Task<Result<void>> review(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) override;
  Task<Result<void>> look(role::LookParams::Reader params, Call<role::LookResults>& call) override;
  Task<Result<void>> connect(role::ConnectParams::Reader params, Call<role::ConnectResults>& call) override;
  Task<Result<void>> beforeCommit(role::BeforeCommitParams::Reader params,
                                  Call<role::BeforeCommitResults>& call) override;

 protected:
  KindTable& table() { return table_; }

  // Called when the host has learnt of the kinds: here work that needs their objects begins.
  virtual void described() {}

  // The rules for kinds that the table does not have, because the plugin has offered them since. Asked for several
  // objects at a time, on any thread; an error refuses the request.
  virtual Result<void> validateOffered(role::ValidateParams::Reader params, AnyCall& call, Findings& findings);

 private:
  KindTable table_;
};

// "pods/log": the resource and subresource that a call is about.
std::string targetOf(wire::ResourceRef::Reader ref);

// An answer to a call on a subresource that the plugin does not have.
std::unexpected<Status> noSuchSubresource(wire::ResourceRef::Reader ref);

// The same to a look at a kind that the plugin does not compute.
std::unexpected<Status> nothingToLookAt(wire::ResourceRef::Reader ref);

}  // namespace cleat::kinds
