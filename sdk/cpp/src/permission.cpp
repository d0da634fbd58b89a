#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/permission.h>

namespace cleat {

Task<Result<PermissionAnswer>> askPermission(Context& context, role::User::Reader user, Permission asked) {
  auto build = [&](role::Attributes::Builder attributes) {
    attributes.setUser(user);
    attributes.setVerb(asked.verb);
    attributes.setGroup(asked.group);
    attributes.setVersion(asked.version);
    attributes.setResource(asked.resource);
    attributes.setSubresource(asked.subresource);
    attributes.setNamespace(asked.ns);
    attributes.setName(asked.name);
  };
  auto pending = context.call(role::authorizer::authorize, build);
  auto answer = co_await std::move(pending);
  if (!answer) co_return fail(answer.error());
  co_return PermissionAnswer{(**answer).getDecision() == role::Decision::ALLOW, str((**answer).getReason())};
}

Task<Result<bool>> isPermittedForSigner(Context& context, role::User::Reader user, std::string verb,
                                        std::string signer) {
  for (const std::string& name : {signer, signer.substr(0, signer.find('/')) + "/*"}) {
    auto pending = askPermission(context, user,
                                 {.verb = verb, .group = "certificates.k8s.io", .resource = "signers", .name = name});
    auto answer = co_await std::move(pending);
    if (!answer) co_return fail(answer.error());
    if (answer->granted) co_return true;
  }
  co_return false;
}

}  // namespace cleat
