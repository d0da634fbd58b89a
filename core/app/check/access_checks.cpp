// The roles authenticator and authorizer: nobody is known by nonsense, and every question has an answer.
#include <cleat/schema/role/authn.methods.h>
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/text.h>

#include "core/app/check/role_checks.h"

namespace cleat::app {
namespace {

struct Presented {
  std::string token;
  std::vector<std::string> certificates;
};

std::vector<Presented> nonsense(SampleMessages& samples) {
  std::vector<Presented> all = {{"", {}},
                                {" ", {}},
                                {"Bearer", {}},
                                {"a.b.c", {}},
                                {"e30.e30.", {}},
                                {"e30.e30.e30", {}},
                                {"abcdef.0123456789abcdef", {}},
                                {std::string(100'000, 'x'), {}},
                                {"\xc3\xa4", {}}};
  all.push_back({"eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06YWRtaW4ifQ.", {}});  // signed by nobody ("alg": "none")
  for (int i = 0; i < 6; ++i) all.push_back({"", {samples.bytes(), samples.bytes()}});
  all.push_back({"", {std::string("\x30\x82\xff\xff", 4) + samples.bytes()}});
  for (int i = 0; i < 10; ++i) all.push_back({samples.text(), {}});
  return all;
}

SampleCall authenticateCall(const Presented& shown) {
  auto params = object::makeMessage<role::Credentials>([&](role::Credentials::Builder builder) {
    builder.setBearerToken(shown.token);
    auto list = builder.initClientCertificates(static_cast<unsigned>(shown.certificates.size()));
    for (unsigned i = 0; i < list.size(); ++i) list.set(i, dataOf(shown.certificates[i]));
    builder.setRemoteAddress("192.0.2.7");
  });
  return {role::authenticator::authenticate, std::move(params), {}, true};
}

SampleCall authorizeCall(const std::string& user, const std::vector<std::string>& groups, const std::string& verb,
                         const std::string& resource, const std::string& path) {
  auto params = object::makeMessage<role::Attributes>([&](role::Attributes::Builder builder) {
    builder.initUser().setName(user);
    host::setTexts(builder.getUser().initGroups(static_cast<unsigned>(groups.size())), groups);
    builder.setVerb(verb);
    builder.setPath(path);
    if (!path.empty()) return;
    builder.setVersion("v1");
    builder.setResource(resource);
    builder.setNamespace("default");
    auto selector = builder.initLabelSelector(1)[0];
    selector.setKey("app");
    selector.setOperator("In");
    selector.initValues(1).set(0, "web");
  });
  return {role::authorizer::authorize, std::move(params), {}, true};
}

}  // namespace

void checkAuthenticator(CheckRun& run) {
  bool first = true;
  for (const Presented& shown : nonsense(run.samples())) {
    if (run.given()) return;
    SampleCall call = authenticateCall(shown);
    const host::RoleAnswer answer = run.ask(call);
    if (answer.status == CLEAT_OK) {
      const std::string name = str(answer.message->root<role::AuthenticateResults>().getUser().getName());
      run.report().fail("strangers", concat("it takes whoever shows nonsense for \"", name,
                                            "\": answer CLEAT_NOT_MINE, or CLEAT_DENIED if it was meant for you"));
    }
    (void)isOrderly(run, "strangers", "credentials that are nonsense", answer);
    if (first || shown.token == "a.b.c") run.keep(std::move(call));
    first = false;
  }
  const host::RoleAnswer page = run.ask(
      role::authenticator::document, [](role::DocumentParams::Builder params) { params.setPath("/nobody/has/this"); });
  if (page.status == CLEAT_OK) {
    run.report().fail("documents",
                      "it has something to show at a path that it cannot know: CLEAT_NOT_MINE is the answer");
  }
  for (const char* check : {"strangers", "documents"}) run.report().okUnlessFailed(check);
}

void checkAuthorizer(CheckRun& run) {
  const SampleCall calls[] = {authorizeCall("jane", {"developers", "system:authenticated"}, "get", "pods", ""),
                              authorizeCall("jane", {"developers"}, "list", "secrets", ""),
                              authorizeCall("system:anonymous", {"system:unauthenticated"}, "create", "pods", ""),
                              authorizeCall("system:node:a", {"system:nodes"}, "update", "nodes", ""),
                              authorizeCall("jane", {}, "get", "", "/healthz"),
                              authorizeCall("", {}, "", "", "")};
  for (const SampleCall& call : calls) {
    const host::RoleAnswer answer = run.ask(call);
    run.keep(call);
    if (!isOrderly(run, "decides", "a question", answer) || answer.status != CLEAT_OK) continue;
    if (static_cast<uint16_t>(answer.message->root<role::AuthorizeResults>().getDecision()) > 2) {
      run.report().fail("decides", "it decides what is none of noOpinion, allow and deny");
    }
  }
  const host::RoleAnswer rules = run.ask(role::authorizer::rules, [](role::RulesParams::Builder params) {
    fillUser(params.initUser());
    params.setNamespace("default");
  });
  (void)isOrderly(run, "rules", "what somebody may", rules);
  for (const char* check : {"decides", "rules"}) run.report().okUnlessFailed(check);
}

}  // namespace cleat::app
