// The calls that the gate makes to plugins, with their messages filled in from the gate's own types.
#pragma once

#include <cleat/schema/bus.capnp.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/bus/cluster.h"
#include "core/gate/chains.h"
#include "core/gate/plugin_roles.h"

namespace cleat::gate {

void fillRef(wire::ResourceRef::Builder ref, const bus::Target& target);
void fillUser(role::User::Builder builder, const bus::User& user);
bus::User readUser(role::User::Reader reader);

// A request that is on its way through admission and the kind's own hooks. Whoever makes it keeps it where it is until
// the calls have ended that are made for it.
struct ChangeRequest {
  bus::UserRef user;
  bus::Target target;
  role::Operation operation = role::Operation::CREATE;
  bool dryRun = false;
  Ref<const Message> old;  // null on create
  uint64_t oldRevision = 0;
  // On connect: of the request's address, until an admission plugin puts another in its place.
  std::string query = {};
  // How it is to be done; nothing on a connect.
  std::variant<std::monostate, bus::WriteOptions, bus::DeleteOptions> options = {};
  // What admission plugins are told of it, from when the first is asked: the same for all of them, in both passes.
  mutable Ref<const Message> told = {};
  // What plugins on the way warn of.
  mutable bus::Warnings warnings = {};
};

// The kind of what admission is asked about: on a subresource it is the body that passes.
const object::Kind& admittedKind(const ChangeRequest& request);

// Whether the request comes from a plugin that authorizes. Its own requests cannot wait for its own verdict, nor for
// admission plugins whose start waits for that verdict: they are let through.
bool isAuthorizer(const ChainSet& chains, const bus::User& user);

// What a call about a change brings along: the object, and the one that was.
Arguments arguments(const ChangeRequest& request, Ref<const Message> object);
// An object that a plugin gave back is read as its kind from here on, and shown to clients: a pointer of another shape
// would fail then, a text that is no UTF-8 be another one in each form of the answer. `asked`: the object that the
// plugin was asked about, of that kind; null: none.
Result<void> checkGiven(const Ref<Message>& object, const object::Kind& kind, const std::string& plugin,
                        const Message* asked = nullptr);

// The kind's own hooks; each is skipped where the kind does not want it.
Task<Result<Ref<const Message>>> applyDefaults(Roles& roles, const ChangeRequest& request, Ref<const Message> object);
// The same of an object that others have changed: its schema has it first. Of a subresource's own body nothing.
Task<Result<Ref<const Message>>> fillIn(Roles& roles, const ChangeRequest& request, Ref<const Message> object);
struct Verdict {
  std::vector<StatusCause> causes;
  bus::Warnings warnings;
};
Task<Result<Verdict>> checkObject(Roles& roles, const ChangeRequest& request, Ref<const Message> object);
// On delete `object` is null.
Task<Result<Ref<const Message>>> beforeCommit(Roles& roles, const ChangeRequest& request, Ref<const Message> object);

// A subresource with a meaning of its own.
struct Transformed {
  Ref<const Message> parent;  // null if the parent stays as it is
  Ref<const Message> answer;  // null: a plain success
};
Task<Result<Transformed>> transform(Roles& roles, const ChangeRequest& request, Ref<const Message> parent,
                                    Ref<const Message> body);
// An answer, or what a write through the subresource starts from.
enum class Projection { answer, forWrite };
Task<Result<Ref<const Message>>> project(Roles& roles, const ChangeRequest& request, object::ObjectRef parent,
                                         Projection projection);
Task<Result<Ref<const Message>>> review(Roles& roles, const ChangeRequest& request, std::string plugin,
                                        Ref<const Message> body, Ref<const Message> parent);

// Asks a plugin; an answer other than CLEAT_OK is the error.
Task<Result<RoleAnswer>> ask(Roles& roles, const std::string& plugin, RoleCall call);
// The Status of a failed call: what the plugin said, or which plugin did not say anything.
Status callError(const RoleAnswer& answer, const std::string& plugin);

}  // namespace cleat::gate
