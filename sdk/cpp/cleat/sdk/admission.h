// AdmissionPlugin: the base of a plugin that changes or refuses what is about to be written.
//
//   class NoHostNetwork : public AdmissionPlugin {
//    public:
//     using AdmissionPlugin::AdmissionPlugin;
//     std::vector<AdmissionInterest> interests() override {
//       return {{.resource = "pods", .operations = {role::Operation::CREATE}, .validates = true}};
//     }
//     Task<Result<void>> validate(AdmissionRequest& request) override {
//       if (request.object<Pod>()->getSpec().getHostNetwork()) co_return request.forbid("host networking is not
//       allowed"); co_return {};
//     }
//   };
//
// A request is refused by `forbid` or `refuse`; any other error refuses it too, since security hooks fail closed.
#pragma once

#include <cleat/schema/role/admission.role.h>
#include <cleat/sdk/roles.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

// Which requests a plugin wants to see.
struct AdmissionInterest {
  std::string group = {};                        // empty: the core group; "*": any
  std::string resource;                          // "pods", "pods/exec", "*", "*/*" (with subresources)
  std::vector<role::Operation> operations = {};  // empty: all
  bool mutates = false;                          // `mutate` is asked
  bool validates = false;                        // `validate` is asked
  std::vector<std::string> userGroups = {};      // only of users who are in one of these; empty: of all
  bool withdraws = false;                        // `withdraw` is asked
  std::vector<std::string> fields = {};          // only objects that have one of these ("spec.nodeName"); empty: all
  bool waits = false;                            // for somebody outside: meanwhile others have the request's seats
};

// What the audit log says of a request: "NAME/WHAT", and what there is to say.
struct AuditAnnotation {
  std::string key, value;
  bool showsBody = false;  // parts of what was sent: only where the log shows bodies
};

// A request on its way through admission. Valid until the function that got it has ended.
class AdmissionRequest {
 public:
  AdmissionRequest(role::AdmissionParams::Reader params, Call<role::AdmissionResults>& call)
      : params_(params), call_(call) {}

  role::AdmissionParams::Reader params() const { return params_; }
  role::Operation operation() const { return params_.getOperation(); }
  std::string_view resource() const { return view(params_.getRef().getResource()); }
  std::string_view subresource() const { return view(params_.getRef().getSubresource()); }
  std::string_view ns() const { return view(params_.getRef().getNamespace()); }
  // Empty on a create whose name is made later.
  std::string_view name() const { return view(params_.getRef().getName()); }
  role::User::Reader user() const { return params_.getUser(); }
  // Nobody waits for the answer any more: the request has been refused in the meantime.
  bool abandoned() const { return call_.cancelled(); }
  // Until when it has to be answered.
  Instant deadline() const { return call_.deadline(); }

  // `mutate` is asked in the second round; and what it gave to be kept when it was asked last. A plugin to which it
  // makes no difference who has asked before needs neither.
  bool again() const { return params_.getAgain(); }
  std::string_view kept() const {
    return std::string_view(params_.getKept().asChars().begin(), params_.getKept().size());
  }
  // The object is no longer as it left it then. Only for who gave something to be kept.
  bool changedSince() const { return params_.getChanged(); }
  // For `mutate`: what was changed may be of concern to those that were asked before, so that all are asked once more.
  void askAgain() { call_.results().setAskAgain(true); }
  // For `mutate`: when this plugin is asked the next time about the request, it gets this.
  void keep(std::string_view what);
  // For `mutate`: what was changed is filled in by the kind's defaults before anybody else sees it, and not only when
  // all have been asked.
  void fillIn() { call_.results().setFillIn(true); }
  // For `mutate`: the same, and then this plugin is asked again, before all others.
  void goOn() { call_.results().setGoOn(true); }

  // What is to be; on a delete what was.
  template <class K>
  Object<K> object() const {
    return call_.object<K>(0);
  }
  // What was, on an update; otherwise one that refers to nothing.
  template <class K>
  Object<K> old() const {
    return call_.object<K>(1);
  }
  // The same of a kind that is known only at run time.
  AnyRef anyObject() const { return object<meta_v1::AnyObject>(); }
  AnyRef anyOld() const { return old<meta_v1::AnyObject>(); }

  // What is to be instead of `object`. For `mutate` only.
  template <class K>
  void replace(Draft<K> changed) {
    call_.addObject(std::move(changed));
  }

  // What a connection asks for from here on, as a query ("container=web&stdin=true"), instead of params().getQuery().
  // For `mutate` only.
  void replaceQuery(std::string_view query) { call_.results().setQuery(concat(query)); }

  // Whoever asks is told so, if the request is not refused after all. Once a request.
  void warn(const std::vector<std::string>& warnings);

  // The audit log says so of the request: keys as "NAME/WHAT", and what there is to say. Also of one that is refused
  // here. Once a request.
  void annotate(const std::vector<std::pair<std::string, std::string>>& annotations);
  void annotateInFull(const std::vector<AuditAnnotation>& annotations);

  // The client gets `why` as it is.
  std::unexpected<Status> refuse(Status why) { return call_.denied(std::move(why)); }
  // The client gets 403 `pods "web" is forbidden: WHY` (`leases.coordination.k8s.io "web" …`); of a create the name, or
  // metadata.generateName, is the object's.
  std::unexpected<Status> forbid(std::string_view why) { return refuse(forbidden(why)); }
  // The same Status, for who has more to say in it.
  Status forbidden(std::string_view why) const;
  // It cannot be told now: the client gets `why` and may try again.
  std::unexpected<Status> retry(Status why) { return call_.retry(std::move(why)); }

 private:
  role::AdmissionParams::Reader params_;
  Call<role::AdmissionResults>& call_;
};

// The role itself, for a plugin that has another one too.
class AdmissionRole : private role::AdmissionRole {
 public:
  // Asked once, after `start`: whatever it may want to see while it runs.
  virtual std::vector<AdmissionInterest> interests() = 0;
  // Changes what is to be, before it is defaulted. All mutating plugins run one after the other.
  virtual Task<Result<void>> mutate(AdmissionRequest& request);
  // Looks at the result of all mutations and may refuse it. An object that another plugin has changed since is seen
  // here.
  virtual Task<Result<void>> validate(AdmissionRequest& request);
  // A request that was asked about in `validate`, or was going to be, ended without a change. For plugins that take
  // something for a request when they let it through. Not called of a dry run.
  virtual Task<Result<void>> withdraw(AdmissionRequest& request);

 protected:
  // From now on it sees of those requests only these; none: it has nothing to say about any. For who acts by objects of
  // the cluster and has none: requests then cost nothing on its account. Soon after, requests see the change. What is
  // said here ends with this run of the plugin.
  void want(std::vector<AdmissionInterest> now);

  void serveMethods(Context& context) {
    context_ = &context;
    role::AdmissionRole::serveMethods(context);
  }

 private:
  Task<void> tellWanted();

  Context* context_ = nullptr;
  std::optional<std::vector<AdmissionInterest>> wanted_;  // and not told yet
  bool telling_ = false;

  using Params = role::AdmissionParams::Reader;
  Task<Result<void>> interests(Call<role::Interests>& call) final;
  Task<Result<void>> mutate(Params params, Call<role::AdmissionResults>& call) final;
  Task<Result<void>> validate(Params params, Call<role::AdmissionResults>& call) final;
  Task<Result<void>> withdraw(Params params, Call<role::AdmissionResults>& call) final;
};

using AdmissionPlugin = RolePlugin<AdmissionRole>;

}  // namespace cleat
