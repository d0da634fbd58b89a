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

struct Caller {
  std::string name;
  std::vector<std::string> groups;
};

// About a kind; null: about a path.
SampleCall authorizeCall(const Caller& caller, const std::string& verb, const object::Kind* kind,
                         const std::string& path) {
  auto params = object::makeMessage<role::Attributes>([&](role::Attributes::Builder builder) {
    builder.initUser().setName(caller.name);
    host::setTexts(builder.getUser().initGroups(static_cast<unsigned>(caller.groups.size())), caller.groups);
    builder.setVerb(verb);
    builder.setPath(path);
    if (!kind) return;
    builder.setGroup(kind->group);
    builder.setVersion(kind->version);
    builder.setResource(kind->plural);
    if (kind->namespaced) builder.setNamespace("default");
    auto selector = builder.initLabelSelector(1)[0];
    selector.setKey("app");
    selector.setOperator("In");
    selector.initValues(1).set(0, "web");
  });
  return {role::authorizer::authorize, std::move(params), {}, true};
}

// Each caller about each of a few kinds, with one verb after the other.
std::vector<SampleCall> questions(CheckRun& run) {
  constexpr size_t kKinds = 4;
  constexpr const char* kVerbs[] = {"get", "list", "create", "update"};
  const Caller callers[] = {{"jane", {"developers", "system:authenticated"}},
                            {"system:anonymous", {"system:unauthenticated"}},
                            {"system:node:a", {"system:nodes", "system:authenticated"}}};
  std::vector<SampleCall> calls;
  for (const object::KindRef& kind : usualKinds(run, "*", "*", kKinds)) {
    for (const Caller& caller : callers) {
      calls.push_back(authorizeCall(caller, kVerbs[calls.size() % std::size(kVerbs)], &*kind, ""));
    }
  }
  calls.push_back(authorizeCall({"jane", {}}, "get", nullptr, "/healthz"));
  calls.push_back(authorizeCall({"", {}}, "", nullptr, ""));
  return calls;
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
  for (const SampleCall& call : questions(run)) {
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
