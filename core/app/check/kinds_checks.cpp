// The role kinds: the description is taken, and each kind's defaulting, validation, rows and conversion stand whatever
// a client may send.
#include <cleat/schema/role/kinds.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/app/check/role_checks.h"
#include "core/object/codec.h"

namespace cleat::app {
namespace {

constexpr size_t kStrangeOfKind = 5, kKeptKinds = 12;

class KindCheck {
 public:
  KindCheck(CheckRun& run, const object::KindRef& kind, bool keeps) : run_(run), kind_(kind), keeps_(keeps) {}

  void check(const Ref<const object::Message>& object) {
    if (kind_->wantsDefault) checkDefault(object);
    if (kind_->wantsValidate) checkValidate(object);
    if (kind_->wantsRows) checkRows(object);
  }

 private:
  template <class P>
  auto about(const Ref<const object::Message>& object) const {
    return object::makeMessage<P>([&](typename P::Builder params) {
      const auto meta = object->meta();
      fillRef(params.initRef(), *kind_, str(meta.getNamespace()), str(meta.getName()));
    });
  }
  SampleCall defaulting(const Ref<const object::Message>& object) const {
    return {role::kinds::default_, about<role::DefaultParams>(object), {{object, 0}}, true};
  }
  std::string name() const { return concat("a ", kind_->name); }

  void checkDefault(const Ref<const object::Message>& object) {
    const host::RoleAnswer answer = run_.ask(defaulting(object));
    if (!isOrderly(run_, "default", name(), answer) || answer.status != CLEAT_OK || answer.objects.empty()) return;
    const Ref<const object::Message> filled = answer.objects[0];
    if (auto fits = object::verify(*kind_, filled->words()); !fits) {
      return run_.report().fail("default", concat("it makes of ", name(), " what is none: ", fits.error().message));
    }
    const host::RoleAnswer again = run_.ask(defaulting(filled));
    if (again.status != CLEAT_OK || again.objects.empty()) return;
    // The same may be written in other words.
    const std::string once = object::encodeJson(*kind_, filled->words());
    const std::string twice = object::encodeJson(*kind_, again.objects[0]->words());
    if (once == twice) return;
    run_.report().fail("default", concat("it defaults ", name(), " differently a second time, from ",
                                         difference(once, twice), ": fill in only what is not there"));
  }

  void checkValidate(const Ref<const object::Message>& object) {
    SampleCall call{role::kinds::validate, about<role::ValidateParams>(object), {{object, 0}}, true};
    const host::RoleAnswer answer = run_.ask(call);
    if (keeps_) run_.keep(call);
    if (!isOrderly(run_, "validate", name(), answer) || answer.status != CLEAT_OK) return;
    for (auto cause : answer.message->root<role::ValidateResults>().getCauses()) {
      if (cause.getReason().size() > 0 && cause.getField().size() > 0) continue;
      run_.report().fail("validate", concat("a cause about ", name(), " (\"", view(cause.getMessage()),
                                            "\") lacks its reason or its field"));
    }
    SampleCall update = call;
    update.objects.push_back({object, 1});
    (void)isOrderly(run_, "validate", name(), run_.ask(update));
  }

  void checkRows(const Ref<const object::Message>& object) {
    SampleCall call{role::kinds::rows, about<role::RowsParams>(object), {{object, 0}, {object, 0}}, false};
    const host::RoleAnswer answer = run_.ask(call);
    if (!isOrderly(run_, "rows", name(), answer) || answer.status != CLEAT_OK) return;
    const auto rows = answer.message->root<role::RowsResults>().getRows();
    bool fits = rows.size() == 2;
    for (auto row : rows) fits = fits && row.getCells().size() == kind_->columns.size();
    if (fits) return;
    run_.report().fail(
        "rows", concat("for two objects of the kind ", kind_->name, " it gives ", rows.size(),
                       " rows, or rows that have not a cell for each of the ", kind_->columns.size(), " columns"));
  }

  CheckRun& run_;
  const object::KindRef kind_;
  const bool keeps_;
};

}  // namespace

void checkKinds(CheckRun& run) {
  const std::string& name = run.plugin().manifest().name;
  const host::RoleAnswer answer = run.ask(role::kinds::describe);
  if (answer.status != CLEAT_OK) return run.report().fail("describe", brief(answer));
  run.keep({role::kinds::describe, host::emptyMessage(), {}, true});
  auto kinds = run.plugin().world().kindsWith(name, answer.message->root<role::KindsDescription>());
  if (!kinds) return run.report().fail("describe", concat("a server would refuse its kinds: ", kinds.error().message));
  size_t count = 0;
  for (const object::KindRef& kind : (*kinds)->latest()->served()) {
    if (kind->plugin != name || kind->open || !kind->schema.getProto().isStruct()) continue;
    ++count;
    std::vector<Ref<const object::Message>> objects;
    const object::KindRef same = run.plugin().world().kinds().find(kind->group, kind->version, kind->plural);
    if (object::ObjectRef known = same ? run.plugin().cluster().anyOf(same) : object::ObjectRef()) {
      objects.push_back(known->message());
    }
    for (size_t i = 0; i < kStrangeOfKind; ++i) {
      if (auto strange = run.samples().object(*kind, "default", "strange")) objects.push_back(std::move(strange));
    }
    for (size_t i = 0; i < objects.size() && !run.given(); ++i) {
      KindCheck(run, kind, count <= kKeptKinds && i == 0).check(objects[i]);
    }
  }
  run.report().okUnlessFailed("describe", concat(count, " kinds"));
  for (const char* check : {"default", "validate", "rows"}) run.report().okUnlessFailed(check);
}

}  // namespace cleat::app
