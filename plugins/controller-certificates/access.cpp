#include "access.h"

#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <string_view>
#include <vector>

namespace cleat::certificates {
namespace {

void setUser(role::User::Builder user, certificates_v1::CertificateSigningRequestSpec::Reader spec) {
  user.setName(spec.getUsername());
  user.setUid(spec.getUid());
  user.setGroups(spec.getGroups());
  auto extra = spec.getExtra();
  auto list = user.initExtra(extra.size());
  for (uint32_t i = 0; i < extra.size(); ++i) {
    list[i].setKey(extra[i].getKey());
    list[i].setValues(extra[i].getValue());
  }
}

}  // namespace

Task<Result<std::string>> approvalByRights(Context& context, Object<CertificateSigningRequest> request, bool isOwn) {
  struct Way {
    const char* subresource;
    const char* why;
  };
  std::vector<Way> ways{{"nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."}};
  if (isOwn) {
    ways.insert(ways.begin(),
                Way{"selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."});
  }
  for (const Way& way : ways) {
    auto pending = context.call(role::authorizer::authorize, [&](role::Attributes::Builder attributes) {
      setUser(attributes.initUser(), request->getSpec());
      attributes.setVerb("create");
      attributes.setGroup("certificates.k8s.io");
      attributes.setVersion("*");
      attributes.setResource("certificatesigningrequests");
      attributes.setSubresource(way.subresource);
    });
    CLEAT_CO_TRY(auto answer, co_await std::move(pending));
    if (answer->getDecision() == role::Decision::ALLOW) co_return std::string(way.why);
  }
  co_return std::string();
}

}  // namespace cleat::certificates
