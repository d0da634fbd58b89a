// kinds-authentication: authentication.k8s.io/v1, questions about who someone is. Nothing of it is stored.
#include <cleat/schema/role/authn.methods.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds {

namespace {

constexpr const char* kSchemaFile = "kinds/authentication_v1.capnp";

void fillUser(authentication_v1::UserInfo::Builder out, role::User::Reader user) {
  out.setUsername(user.getName());
  out.setUid(user.getUid());
  out.setGroups(user.getGroups());
  auto extra = out.initExtra(user.getExtra().size());
  for (uint32_t i = 0; i < extra.size(); ++i) {
    extra[i].setKey(user.getExtra()[i].getKey());
    extra[i].setValue(user.getExtra()[i].getValues());
  }
}

// The gate puts everybody whom it knows into this group; here nobody has passed the gate.
void addAuthenticated(authentication_v1::UserInfo::Builder user) {
  constexpr const char* kAuthenticated = "system:authenticated";
  std::vector<std::string> groups = strings(user.asReader().getGroups());
  if (contains(user.asReader().getGroups(), kAuthenticated)) return;
  groups.emplace_back(kAuthenticated);
  user.adoptGroups(textList(orphanageOf(user), groups));
}

// Why a token is nobody's, in Kubernetes' words: what an authenticator said of it stands behind.
std::string refusalOf(const Status& status) {
  constexpr const char* kInvalid = "invalid bearer token";
  if (status.reason == kNotMineReason || status == Status::unauthorized()) return kInvalid;
  return concat("[", kInvalid, ", ", status.message, "]");
}

// An answer that names none of the audiences that were asked about says nothing about them.
bool answers(capnp::List<capnp::Text>::Reader asked, capnp::List<capnp::Text>::Reader known) {
  if (asked.size() == 0) return true;
  for (auto audience : known) {
    if (contains(asked, view(audience))) return true;
  }
  return false;
}

}  // namespace

class AuthenticationKinds : public KindsPlugin {
 public:
  explicit AuthenticationKinds(Context& context) : KindsPlugin(context) {
    table().add<authentication_v1::TokenReview>({.structFile = kSchemaFile, .isVirtual = true});
    table().add<authentication_v1::SelfSubjectReview>({.structFile = kSchemaFile, .isVirtual = true});
    table().add<authentication_v1::TokenRequest>({.structFile = kSchemaFile, .bodyOnly = true});
  }

 protected:
  Task<Result<void>> review(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) override {
    std::string_view resource = view(params.getRef().getResource());
    call.results();
    if (resource == "selfsubjectreviews") {
      Draft<authentication_v1::SelfSubjectReview> answer(call.object<authentication_v1::SelfSubjectReview>());
      fillUser(answer->initStatus().initUserInfo(), params.getUser());
      call.addObject(std::move(answer));
      co_return Result<void>();
    }
    if (resource == "tokenreviews") co_return co_await reviewToken(call);
    co_return noSuchSubresource(params.getRef());
  }

 private:
  Task<Result<void>> reviewToken(Call<role::ReviewResults>& call) {
    auto request = call.object<authentication_v1::TokenReview>();
    auto spec = request->getSpec();
    if (spec.getToken().size() == 0) {
      co_return fail(Status::badRequest("token is required for TokenReview in authentication"));
    }
    auto build = [&](role::Credentials::Builder credentials) {
      credentials.setBearerToken(spec.getToken());
      credentials.setAudiences(spec.getAudiences());
    };
    auto pending = context().call(role::authenticator::authenticate, build);
    auto known = co_await std::move(pending);
    Draft<authentication_v1::TokenReview> answer(request);
    auto status = answer->initStatus();
    if (!known) {
      status.setError(refusalOf(known.error()));
    } else if (!answers(spec.getAudiences(), (*known)->getAudiences())) {
      status.setError("the token is not for any of the audiences");
    } else {
      status.setAuthenticated(true);
      fillUser(status.initUser(), (*known)->getUser());
      addAuthenticated(status.getUser());
      status.setAudiences((*known)->getAudiences());
    }
    call.addObject(std::move(answer));
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::AuthenticationKinds, .name = "kinds-authentication", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
