// kinds-authentication: authentication.k8s.io/v1, questions about who someone is. Nothing of it is stored.
#include <cleat/schema/role/authn.capnp.h>
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
    auto pending = context().call<role::Credentials, role::AuthenticateResults>(capnp::typeId<role::Authenticator>(), 0, build);
    auto known = co_await std::move(pending);
    Draft<authentication_v1::TokenReview> answer(request);
    auto status = answer->initStatus();
    if (known) {
      status.setAuthenticated(true);
      fillUser(status.initUser(), (*known)->getUser());
      status.setAudiences((*known)->getAudiences());
    } else if (known.error().code != 401 && known.error().reason != kNotMineReason) {
      status.setError(known.error().message);
    }
    call.addObject(std::move(answer));
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::AuthenticationKinds, .name = "kinds-authentication", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
