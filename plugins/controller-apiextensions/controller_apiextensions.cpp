// Gives CustomResourceDefinitions their names, tells when their kinds are served, and deletes the objects of those that
// are deleted.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>

#include <map>
#include <set>

#include "accepted_names.h"
#include "conditions.h"
#include "instances.h"
#include "kinds-apiextensions/definition_rules.h"
#include "served_kinds.h"

using namespace cleat;
using namespace cleat::extensions;
using kinds::extensions::hasServedVersion;
using kinds::extensions::isTrue;
using kinds::extensions::kCleanupFinalizer;

namespace {

// How long a start waits for the kinds that were there before; more is said in the log and served when it comes.
constexpr Duration kLongestStart = std::chrono::seconds(15);
constexpr Duration kStartLook = std::chrono::milliseconds(10);
// What is written at the same time is made durable together: that is what many definitions at once wait for.
constexpr uint32_t kWorkers = 64;
// The end of the last object is watched for; this is for what ended before the watch began.
constexpr Duration kLookAgain = std::chrono::seconds(5);

class ExtensionsController : public ControllerPlugin {
 public:
  explicit ExtensionsController(Context& context)
      : ControllerPlugin(context, "apiextensions", {.workers = kWorkers}),
        served_(context, [this](const std::string& name) { controller().enqueue(name); }),
        instances_(context, [this](const std::string& name) { controller().enqueue(name); }) {}

  // Whoever asks once the server is ready finds the kinds that were established before.
  Task<Result<void>> start() override {
    CLEAT_CO_TRY(co_await ControllerPlugin::start());
    if (!builtInsKnown_) {
      CLEAT_CO_TRY(co_await learnBuiltIns());
    }
    const Instant deadline = context().now() + kLongestStart;
    std::string missing = co_await missingKind();
    while (!missing.empty() && context().now() < deadline) {
      co_await context().sleep(kStartLook);
      missing = co_await missingKind();
    }
    if (!missing.empty()) log().warn("objects of ", missing, " and perhaps others cannot be reached yet");
    co_return Result<void>();
  }

 private:
  Result<void> watch() override {
    definitions_.addIndex("group", [](const Object<Definition>& definition) {
      return std::vector{str(definition->getSpec().getGroup())};
    });
    definitions_.onChange([this](const Object<Definition>& before, const Object<Definition>& now) {
      noteNames(now ? now : before, static_cast<bool>(now));
    });
    controller().watch(definitions_);
    return {};
  }

  // An established kind that nobody can reach yet.
  Task<std::string> missingKind() {
    Result<void> learnt = co_await served_.learn();
    if (!learnt) co_return learnt.error().message;
    for (const Object<Definition>& definition : definitions_.list()) {
      const bool expected = isTrue(*definition, "Established") && !isTrue(*definition, "NonStructuralSchema") &&
                            hasServedVersion(*definition);
      if (expected && !served_.has(definition.name())) co_return str(definition.name());
    }
    co_return std::string();
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Definition> definition = definitions_.get(key);
    if (!definition) {
      instances_.forget(key);
      served_.forget(key);
      checked_.erase(key);
      co_return Reconciled();
    }
    if (!builtInsKnown_) {
      CLEAT_CO_TRY(co_await learnBuiltIns());
    }
    if (deletionPending(definition.meta()) && hasFinalizer(definition.meta(), kCleanupFinalizer)) {
      co_return co_await finalize(definition);
    }
    Draft<Definition> draft(definition);
    if (!setStatus(*draft, key)) co_return Reconciled();
    // Until the write is seen, others must not take the same names.
    namesInFlight_[key] = namesOf(draft.reader().getStatus().getAcceptedNames());
    Result<Object<Definition>> written = co_await client_.updateStatus<Definition>(std::move(draft));
    if (written) co_await definitions_.waitFor(written->revision());
    namesInFlight_.erase(key);
    if (written) co_return Reconciled();
    wakeWaiting(definition);
    co_return later(written.error());
  }

  // What was changed or deleted meanwhile comes as a change of its own.
  static Result<Reconciled> later(const Status& why) {
    if (why.is(404) || why.is(409)) return Reconciled();
    return fail(why);
  }

  // Whether anything changed.
  bool setStatus(Definition::Builder definition, const std::string& key) {
    const std::string now = formatTime(context().wallNow());
    bool changed = false;
    const std::string state =
        concat(definition.asReader().getMetadata().getUid(), "/", definition.asReader().getMetadata().getGeneration());
    if (checked_[key] != state) {
      changed |= setSchemaCondition(definition, now);
      if (!changed) checked_[key] = state;
    }
    changed |= setApprovalCondition(definition, now);
    changed |= setNames(definition, now);
    return changed | setEstablished(definition, key, now);
  }

  bool setNames(Definition::Builder definition, const std::string& now) {
    Definition::Reader reader = definition.asReader();
    const Names before = namesOf(reader.getStatus().getAcceptedNames());
    if (namesOf(reader.getSpec().getNames()) == before && isTrue(reader, "NamesAccepted")) return false;
    const NamesVerdict verdict = judgeNames(reader, takenBeside(reader));
    const bool established = isTrue(reader, "Established");
    bool changed = false;
    if (verdict.accepted != before) {
      writeNames(definition.getStatus().getAcceptedNames(), verdict.accepted);
      changed = true;
    }
    changed |= setCondition(definition, "NamesAccepted", verdict.conflict ? "False" : "True", verdict.reason,
                            verdict.message, now);
    if (established) return changed;
    if (verdict.conflict) {
      return changed |
             setCondition(definition, "Established", "False", "NotAccepted", "not all names are accepted", now);
    }
    return changed |
           setCondition(definition, "Established", "False", "Installing", "the initial names have been accepted", now);
  }

  bool setEstablished(Definition::Builder definition, const std::string& key, const std::string& now) {
    Definition::Reader reader = definition.asReader();
    if (isTrue(reader, "Established") || !isTrue(reader, "NamesAccepted")) return false;
    // Not before whoever waits for this can use the kind: the server learns of it by the accepted names.
    if (hasServedVersion(reader) && !served_.has(key)) {
      served_.await(key);
      return false;
    }
    return setCondition(definition, "Established", "True", "InitialNamesAccepted",
                        "the initial names have been accepted", now);
  }

  TakenNames takenBeside(Definition::Reader definition) const {
    TakenNames taken;
    const std::string group = str(definition.getSpec().getGroup());
    auto builtIn = builtIns_.find(group);
    if (builtIn != builtIns_.end()) taken = builtIn->second;
    for (const Object<Definition>& other : definitions_.byIndex("group", group)) {
      if (other.name() == view(definition.getMetadata().getName())) continue;
      auto inFlight = namesInFlight_.find(other.name());
      taken.add(inFlight != namesInFlight_.end() ? inFlight->second : namesOf(other->getStatus().getAcceptedNames()));
    }
    return taken;
  }

  // The names of kinds that no definition has brought.
  Task<Result<void>> learnBuiltIns() {
    CLEAT_CO_TRY(co_await served_.learn());
    for (const auto& [name, kind] : served_.all()) {
      Object<Definition> definition = definitions_.get(name);
      if (definition && view(definition->getStatus().getAcceptedNames().getPlural()) == kind.resource) continue;
      Names names;
      names.plural = kind.resource;
      names.kind = kind.kind;
      names.listKind = concat(kind.kind, "List");
      builtIns_[name.substr(kind.resource.size() + 1)].add(names);
    }
    builtInsKnown_ = true;
    co_return Result<void>();
  }

  void noteNames(const Object<Definition>& definition, bool isThere) {
    const std::string name = str(definition.name());
    if (!isThere) {
      knownNames_.erase(name);
      waiting_.erase(name);
      wakeWaiting(definition);
      return;
    }
    if (conditionIs(definition->getStatus().getConditions(), "NamesAccepted", "False")) {
      waiting_.insert(name);
    } else {
      waiting_.erase(name);
    }
    Names names = namesOf(definition->getStatus().getAcceptedNames());
    Names& known = knownNames_[name];
    if (known == names) return;
    known = std::move(names);
    wakeWaiting(definition);
  }

  // Names that have been given back are perhaps what others in the group wait for.
  void wakeWaiting(const Object<Definition>& definition) {
    for (const std::string& name : waiting_) {
      if (name != definition.name() && name.ends_with(concat(".", definition->getSpec().getGroup()))) {
        controller().enqueue(name);
      }
    }
  }

  Task<Result<Reconciled>> finalize(Object<Definition> definition) {
    const std::string key = str(definition.name());
    Result<Object<Definition>> told =
        co_await tell(definition, "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress");
    if (!told) co_return later(told.error());
    definition = *told;
    if (!isTrue(*definition, "Established")) {
      co_return co_await letGo(definition, "NeverEstablished", "resource was never established");
    }
    Result<bool> none = co_await removeInstances(key, definition);
    if (!none) {
      told = co_await tell(definition, "True", "InstanceDeletionFailed", none.error().message);
      if (!told) co_return later(told.error());
      co_return fail(none.error());
    }
    if (!*none) co_return Reconciled{kLookAgain};
    instances_.forget(key);
    co_return co_await letGo(definition, "InstanceDeletionCompleted", "removed all instances");
  }

  Task<Result<bool>> removeInstances(std::string key, Object<Definition> definition) {
    CLEAT_CO_TRY(co_await served_.learn());
    const ServedKind* kind = served_.find(key);
    if (kind == nullptr) {
      co_return fail(Status::unavailable(concat("could not list instances: ", key, " is not served")));
    }
    ServedKind copy = *kind;
    auto spec = definition->getSpec();
    // As they are stored, where that is served: nobody has to convert what goes.
    for (auto version : spec.getVersions()) {
      if (version.getStorage() && version.getServed()) copy.version = str(view(version.getName()));
    }
    co_return co_await instances_.removeAll(std::move(key), str(view(spec.getGroup())), std::move(copy));
  }

  Task<Result<Object<Definition>>> tell(Object<Definition> definition, std::string status, std::string reason,
                                        std::string message) {
    Draft<Definition> draft(definition);
    const std::string now = formatTime(context().wallNow());
    if (!setCondition(*draft, "Terminating", status, reason, message, now)) co_return definition;
    co_return co_await client_.updateStatus<Definition>(std::move(draft));
  }

  // The last word on it, in the write that lets it go.
  Task<Result<Reconciled>> letGo(Object<Definition> definition, std::string reason, std::string message) {
    Draft<Definition> draft(definition);
    setCondition(*draft, "Terminating", "False", reason, message, formatTime(context().wallNow()));
    removeFinalizer(draft.meta(), kCleanupFinalizer);
    Result<Object<Definition>> freed = co_await client_.updateStatus<Definition>(std::move(draft));
    if (!freed) co_return later(freed.error());
    co_return Reconciled();
  }

  Client client_{context()};
  Informer<Definition> definitions_{context()};
  ServedKinds served_;
  Instances instances_;
  bool builtInsKnown_ = false;
  std::map<std::string, TakenNames, std::less<>> builtIns_;  // by group
  std::map<std::string, Names, std::less<>> namesInFlight_;  // of definitions whose status is being written
  std::map<std::string, Names, std::less<>> knownNames_;
  std::set<std::string, std::less<>> waiting_;  // definitions whose names others have
  std::map<std::string, std::string> checked_;  // in which state a definition's schemas were found to be in order
};

}  // namespace

CLEAT_PLUGIN(ExtensionsController, .name = "controller-apiextensions", .version = "0.1.0", .maturity = "alpha",
             .roles = "controller",
             .grants =
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n"
                 "apiextensions.k8s.io customresourcedefinitions/status update\n"
                 "* * list,watch,delete,deletecollection\n");
