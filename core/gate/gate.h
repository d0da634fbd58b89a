// Gate: the one road of every request, whether it came over HTTPS or from a plugin in this process:
//
//   authenticate → authorize → [a change:] decode → defaulting → field ownership → mutating admission (and defaulting
//   of what that has changed) → validation → validating admission → commit
//
// Reads stop after authorization. Admission and authorization are whatever plugins the configuration names, in its
// order; the gate itself knows only the order, what the API guarantees of every object (names, metadata, generation,
// finalizers, grace, preconditions) and how to begin again when a change of its own making met another's. A plugin that
// does not answer fails the request: nothing is let through.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/bus/watch.h"
#include "core/gate/anonymous_callers.h"
#include "core/gate/chains.h"
#include "core/gate/plugin_roles.h"
#include "core/store/store.h"

namespace cleat::gate {

using bus::User;
using bus::UserRef;

struct Credentials {
  std::string bearerToken;
  std::vector<std::string> clientCertificates;  // DER, the caller's own first
  std::string remoteAddress;
  std::string path;  // of the request: what callers without credentials may depend on
};

// What is asked of an authorizer. For a path that is no resource `path` is set and the rest empty.
struct Attributes {
  std::string verb;
  object::KindRef kind;
  std::string subresource, ns, name;
  std::string path;
  std::vector<SelectorRequirement> fieldSelector, labelSelector;
};
// 403 as Kubernetes words it, for who has a reason of their own.
Status forbidden(const User& user, const Attributes& attributes, std::string_view reason);
// Which part of a collection a request is about, as the client said it.
struct SelectorTexts {
  std::string fields, labels;
};
// Of a request about an object or a collection. A collection of which the field selector chooses one name is asked for
// as that name, so that rules with resource names can allow it. Selectors that cannot be read make the request no
// smaller.
Attributes attributesOf(const bus::Target& target, const char* verb, const SelectorTexts& selectors = {});

struct Cell {
  enum class Type { text, integer, number, boolean, none } type = Type::none;
  std::string text;
  int64_t integer = 0;
  double number = 0;
  bool boolean = false;
};

struct ConnectTarget {
  std::string url;        // empty: there is nothing behind it, and the answer is empty
  bool proxied = false;   // what stands there answers for itself
  bool stranger = false;  // and is no part of the cluster
};

class Gate : public bus::Cluster {
 public:
  Gate(base::Executor& executor, object::KindRegistry& kinds, store::Store& store, bus::Hub& hub, Roles& roles);
  ~Gate() override;

  // Whether callers without credentials are let through to authorization, as system:anonymous (the default), and for
  // which paths; none: for all. What an authenticator decides comes before it. Before the first request.
  void setAnonymous(bool allowed, std::vector<std::string> paths = {}) { strangers_.setOwn(allowed, std::move(paths)); }

  // What the operator's configuration says of admission plugins; `passed` is told of what is let through by it. Before
  // the first request.
  void setAdmissionPolicies(AdmissionPolicies policies, PassedNote passed);
  // Where it is counted how long admission takes. Before the first request, and after the policies.
  void measureAdmission(base::Metrics& metrics);

  // 401 when no authenticator knows the caller; no credentials at all are "system:anonymous".
  Task<Result<User>> authenticate(Credentials credentials);
  // What an authenticator publishes at a path; 404 when none does.
  struct Document {
    std::string contentType, body;
    uint32_t maxAgeSeconds = 0;
  };
  Task<Result<Document>> document(std::string path);
  // 403 worded as Kubernetes: `pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace
  // "y"`.
  Task<Result<void>> authorize(UserRef user, Attributes attributes);
  // The same about an object or a whole collection, without a copy of its texts; `target` is read before this returns.
  Task<Result<void>> authorizeFor(UserRef user, const bus::Target& target, const char* verb);

  // bus::Cluster.
  Task<Result<object::ObjectRef>> get(UserRef user, bus::Target target) override;
  Task<Result<bus::ListResult>> list(UserRef user, bus::Target target, bus::ListOptions options) override;
  Task<Result<std::unique_ptr<bus::Subscription>>> subscribe(UserRef user, bus::Target target,
                                                             std::string labelSelector,
                                                             std::string fieldSelector) override;
  Task<Result<bus::Written>> create(UserRef user, bus::Target target, Ref<Message> body,
                                    bus::WriteOptions options) override;
  Task<Result<bus::Written>> update(UserRef user, bus::Target target, Ref<Message> body,
                                    bus::WriteOptions options) override;
  Task<Result<bus::Written>> patch(UserRef user, bus::Target target, bus::PatchType type, std::string body,
                                   bus::WriteOptions options, bool force) override;
  Task<Result<bus::Written>> remove(UserRef user, bus::Target target, bus::DeleteOptions options) override;
  Task<Result<bus::ListResult>> removeCollection(UserRef user, bus::Target target, bus::ListOptions selection,
                                                 bus::DeleteOptions options) override;

  // A watch as HTTP gives it: authorized, from `afterRevision` (see bus::Hub). The caller encodes and paces it.
  Task<Result<std::unique_ptr<bus::Watch>>> watch(UserRef user, bus::Target target, std::string labelSelector,
                                                  std::string fieldSelector, uint64_t afterRevision);

  // What goes on where the list of an expired token stopped, in the present state instead of that of the first page.
  // Empty for what is no token.
  static std::string continueAtPresent(const std::string& token);

  // Afterwards Object::as gives each of the objects in that version, also where only its plugin can convert them.
  // `authorize` has been passed before. `place`: of the request that waits for it; null: none does.
  Task<Result<void>> convert(object::KindRef kind, std::vector<object::ObjectRef> objects, bus::RequestPlace* place);

  // The kind's table cells for the objects, one row each, in order. `authorize` has been passed before.
  enum class RowsOf { list, objects };
  Task<Result<std::vector<std::vector<Cell>>>> rows(const object::Kind& kind, std::vector<object::ObjectRef> objects,
                                                    RowsOf of);

  // Where a request on a subresource with style "connect" goes, after authorization (verb "get" for GET, "create" for
  // POST…, as Kubernetes) and admission (operation connect). Where that refuses it `warnings` gets what
  // was warned of.
  Task<Result<ConnectTarget>> connect(UserRef user, bus::Target target, std::string method, std::string query,
                                      std::string path, bus::Warnings* warnings);

  // The plugins that answer paths which are nobody else's (role http-handler), and a call to one of them. `generation`
  // is raised when they may have become others; 0: it is not counted.
  std::vector<std::string> httpHandlers() const { return roles_.chain("http-handler"); }
  // Those that keep the audit log (role audit).
  std::vector<std::string> auditSinks() const { return roles_.chain("audit"); }
  // The one that says how requests share the server is the first of these (role flow-control).
  std::vector<std::string> flowControls() const { return roles_.chain("flow-control"); }
  uint64_t generation() const { return roles_.generation(); }
  Task<RoleAnswer> askHttpHandler(std::string plugin, RoleCall call);
  Task<RoleAnswer> askAuditSink(std::string plugin, RoleCall call);
  Task<RoleAnswer> askFlowControl(std::string plugin, RoleCall call);

  store::Store& store() { return store_; }
  object::KindRegistry& kinds() { return kinds_; }

 private:
  friend struct GateWrite;
  Task<Result<void>> askAuthorizers(UserRef user, object::KindRef kind, Ref<const Message> asked);
  bus::WatchSpec watchSpec(const bus::Target& target, LabelSelector labels, object::FieldSelector fields);
  // Whether a new object's fields are the writer's, or it says already whose they are.
  enum class Booking { writer, said };
  Task<Result<bus::Written>> createAs(Booking booking, UserRef user, bus::Target target, Ref<Message> body,
                                      bus::WriteOptions options);
  // An update of an object that is not there, of a kind where that creates it.
  Task<Result<bus::Written>> createUpdated(UserRef user, bus::Target target, Ref<Message> body,
                                           bus::WriteOptions options);
  // Server-side apply, after authorization: creates the object, or merges what is applied into it.
  Task<Result<bus::Written>> applyPatch(UserRef user, bus::Target target, std::string body, bus::WriteOptions options,
                                        bool force);

  base::Executor& executor_;
  object::KindRegistry& kinds_;
  store::Store& store_;
  bus::Hub& hub_;
  Roles& roles_;
  Chains chains_{roles_};
  AnonymousCallers strangers_;
};

}  // namespace cleat::gate
