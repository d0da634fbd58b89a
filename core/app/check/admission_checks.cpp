// The role admission: what a plugin wants to see is there, what it changes stays what it was, and once is enough.
#include <cleat/schema/role/admission.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/app/check/role_checks.h"
#include "core/base/did_you_mean.h"
#include "core/gate/untouchable.h"
#include "core/object/codec.h"

namespace cleat::app {
namespace {

constexpr size_t kMostKinds = 4, kStrange = 6;

struct Asked {
  object::KindRef kind;
  std::string subresource;
  role::Operation operation;
  Ref<const object::Message> object, old;
  bool valid = false;  // one of the cluster's own

  std::string text() const {
    constexpr const char* kVerbs[] = {"create", "update", "delete", "connect"};
    return concat("the ", kVerbs[std::min<size_t>(static_cast<size_t>(operation), 3)], " of a ", kind->name);
  }
  // Of a dry run nobody tells afterwards what became of it, so it can be asked as often as one likes.
  enum class Run { real, dry };
  SampleCall call(MethodId method, const Ref<const object::Message>& given, Run how = Run::real) const {
    auto params = object::makeMessage<role::AdmissionParams>([&](role::AdmissionParams::Builder builder) {
      const auto meta = given->meta();
      fillRef(builder.initRef(), *kind, str(meta.getNamespace()), str(meta.getName()), subresource);
      builder.setKind(kind->name);
      builder.setOperation(operation);
      builder.setDryRun(how == Run::dry);
      fillUser(builder.initUser());
    });
    host::Arguments objects{{given, 1}};
    if (old) objects.push_back({old, 1});
    return {method, std::move(params), std::move(objects)};
  }
};

// A plugin that changes its own result again does so at each write.
void checkSecond(CheckRun& run, const Asked& asked, const Ref<const object::Message>& changed) {
  const host::RoleAnswer again = run.ask(asked.call(role::admission::mutate, changed));
  if (again.status != CLEAT_OK || again.objects.empty()) return;
  // The same may be written in other words.
  const std::string once = object::encodeJson(*asked.kind, changed->words());
  const std::string twice = object::encodeJson(*asked.kind, again.objects[0]->words());
  if (once == twice) return;
  run.report().fail("mutate",
                    concat("at ", asked.text(), " it changes its own result once more, from ", difference(once, twice),
                           ": change only what is not as it is to be, so that it can be asked twice"));
}

void checkMutate(CheckRun& run, const Asked& asked) {
  const host::RoleAnswer answer = run.ask(asked.call(role::admission::mutate, asked.object));
  if (!isOrderly(run, "mutate", asked.text(), answer) || answer.objects.empty() || answer.status != CLEAT_OK) return;
  const Ref<const object::Message> changed = answer.objects[0];
  if (auto fits = object::verify(*asked.kind, changed->words()); !fits) {
    return run.report().fail("mutate",
                             concat("at ", asked.text(), " it gives back what is none: ", fits.error().message));
  }
  const auto reach = asked.subresource == "status" ? gate::Reach::statusAdmission : gate::Reach::admission;
  auto untouched = gate::checkUntouched(reach, *asked.kind, *asked.object, *changed, run.plugin().manifest().name);
  if (!untouched) {
    return run.report().fail("mutate", concat("at ", asked.text(), ": ", untouched.error().message,
                                              ": leave it alone, the request fails otherwise"));
  }
  checkSecond(run, asked, changed);
}

void checkOne(CheckRun& run, const role::Rule::Reader& rule, const Asked& asked) {
  if (rule.getMutates()) {
    checkMutate(run, asked);
    if (asked.valid) run.keep(asked.call(role::admission::mutate, asked.object, Asked::Run::dry));
  }
  if (rule.getValidates()) {
    const host::RoleAnswer answer = run.ask(asked.call(role::admission::validate, asked.object));
    (void)isOrderly(run, "validate", asked.text(), answer);
    if (asked.valid) run.keep(asked.call(role::admission::validate, asked.object, Asked::Run::dry));
  }
  if (rule.getWithdraws()) {
    const host::RoleAnswer answer = run.ask(asked.call(role::admission::withdraw, asked.object));
    (void)isOrderly(run, "withdraw", asked.text(), answer);
  }
}

void checkKind(CheckRun& run, const role::Rule::Reader& rule, const object::KindRef& kind,
               const std::string& subresource) {
  std::vector<Ref<const object::Message>> objects;
  object::ObjectRef known = run.plugin().cluster().anyOf(kind);
  if (known) objects.push_back(known->message());
  for (size_t i = 0; i < kStrange; ++i) {
    if (auto strange = run.samples().object(*kind, "default", "strange")) objects.push_back(std::move(strange));
  }
  std::vector<role::Operation> operations;
  for (auto operation : rule.getOperations()) operations.push_back(operation);
  if (operations.empty()) operations = {role::Operation::CREATE, role::Operation::UPDATE, role::Operation::DELETE};
  for (const role::Operation operation : operations) {
    for (size_t i = 0; i < objects.size() && !run.given(); ++i) {
      Asked asked{kind, subresource, operation, objects[i], {}, known && i == 0};
      if (operation == role::Operation::UPDATE) asked.old = objects[known ? 0 : i];
      checkOne(run, rule, asked);
    }
  }
}

// Why nothing that the rule names can come; empty: something can.
std::string whyIdle(const object::Catalogue& kinds, const role::Rule::Reader& rule) {
  const std::string group = str(rule.getGroup()), resource = str(rule.getResource());
  if (!rule.getMutates() && !rule.getValidates() && !rule.getWithdraws()) {
    return concat("the rule about ", resource, " neither mutates, validates nor withdraws");
  }
  const std::string plural = resource.substr(0, resource.find('/'));
  std::vector<std::string> names;
  for (const object::KindRef& kind : kinds.served()) {
    if ((group == "*" || group == kind->group) && (plural == "*" || plural == kind->plural)) return {};
    names.push_back(kind->plural);
    if (kind->name == plural || kind->singular == plural) {
      return concat("no resource is called \"", plural, "\"; did you mean \"", kind->plural, "\"?");
    }
  }
  return concat("no resource of the group \"", group, "\" is called \"", plural, '"', base::didYouMean(plural, names));
}

}  // namespace

void checkAdmission(CheckRun& run) {
  const host::RoleAnswer answer = run.ask(role::admission::interests);
  if (answer.status != CLEAT_OK) {
    return run.report().fail("interests", concat("it does not say what it wants to see: ", brief(answer)));
  }
  run.keep({role::admission::interests, host::emptyMessage(), {}, true});
  const auto rules = answer.message->root<role::Interests>().getRules();
  const object::CatalogueRef kinds = run.plugin().world().kinds().latest();
  if (rules.size() == 0) run.report().skip("interests", "it wants to see nothing, so it is never asked");
  for (auto rule : rules) {
    if (std::string why = whyIdle(*kinds, rule); !why.empty()) {
      run.report().fail("interests", concat(why, ", so the rule never counts"));
      continue;
    }
    const std::string resource = str(rule.getResource());
    const size_t slash = resource.find('/');
    const std::string sub = slash == std::string::npos ? "" : resource.substr(slash + 1);
    for (const object::KindRef& kind : usualKinds(run, view(rule.getGroup()), resource.substr(0, slash), kMostKinds)) {
      // Of subresources with bodies of their own there are no objects at hand.
      const object::Subresource* found = sub.empty() || sub == "*" ? nullptr : kind->subresource(sub);
      const bool ofParent = !found || found->style == object::Subresource::Style::status ||
                            found->style == object::Subresource::Style::connect;
      if (ofParent) checkKind(run, rule, kind, found ? sub : "");
    }
  }
  for (const char* check : {"interests", "mutate", "validate"}) run.report().okUnlessFailed(check);
}

}  // namespace cleat::app
