// Gives pods, and groups of pods, the priority of their class.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>

using namespace cleat;
using core_v1::Pod;
using role::Operation;
using scheduling_v1::PriorityClass;
using scheduling_v1beta1::PodGroup;

namespace {

constexpr const char* kLaterWord = "must not be provided in pod spec; priority admission controller computed ";
constexpr const char* kGroupsLaterWord =
    "must not be provided in pod group spec; priority admission controller computed ";
constexpr const char* kByClass = " from the given PriorityClass name";

// What a pod's class says.
struct Priority {
  std::string className = {};
  int32_t value = 0;
  std::string preemptionPolicy = "PreemptLowerPriority";
};

Priority priorityOf(const Object<PriorityClass>& of) {
  return {std::string(of.name()), of->getValue(), str(of->getPreemptionPolicy())};
}

class PriorityAdmission : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    classes_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    const std::vector<Operation> writes{Operation::CREATE, Operation::UPDATE};
    // All of the group, since by default there are no podgroups, and whoever wants to see what is not there is warned
    // of.
    return {{.resource = "pods", .operations = writes, .mutates = true},
            {.group = "scheduling.k8s.io", .resource = "*", .operations = {Operation::CREATE}, .mutates = true},
            {.group = "scheduling.k8s.io", .resource = "priorityclasses", .operations = writes, .validates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    if (request.resource() == "podgroups") {
      auto group = mutateGroup(request);
      co_return co_await std::move(group);
    }
    if (request.resource() != "pods") co_return Result<void>();
    const Object<Pod> asked = request.object<Pod>();
    if (request.operation() == Operation::UPDATE) {
      Draft<Pod> pod(asked);
      if (keep(pod->getSpec(), request.old<Pod>()->getSpec())) request.replace(std::move(pod));
      co_return Result<void>();
    }
    Result<Priority> found = co_await findPriority(request, str(asked->getSpec().getPriorityClassName()));
    if (!found) co_return fail(found.error());
    if (has(asked->getSpec(), *found)) co_return Result<void>();
    Draft<Pod> pod(asked);
    CLEAT_CO_TRY(give(request, pod->getSpec(), *found));
    request.replace(std::move(pod));
    co_return Result<void>();
  }

  // There is one default class at most.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<PriorityClass> asked = request.object<PriorityClass>();
    if (!asked->getGlobalDefault()) co_return Result<void>();
    Result<Object<PriorityClass>> current = co_await findDefault(Freshness::live);
    if (!current) co_return request.retry(current.error());
    const bool same = request.operation() == Operation::UPDATE && current->name() == asked.name();
    if (!*current || same) co_return Result<void>();
    co_return request.forbid(
        concat("PriorityClass ", current->name(), " is already marked as default. Only one default can exist"));
  }

 private:
  enum class Freshness { known, live };

  Task<Result<void>> mutateGroup(AdmissionRequest& request) {
    Draft<PodGroup> group(request.object<PodGroup>());
    auto spec = group->getSpec();
    auto finding = findPriority(request, str(spec.asReader().getPriorityClassName()));
    Result<Priority> found = co_await std::move(finding);
    if (!found) co_return fail(found.error());
    auto given = spec.asReader();
    if (isSet(given.getPriority()) && given.getPriority().getValue() != found->value) {
      co_return request.forbid(concat("the integer value of priority (", given.getPriority().getValue(), ") ",
                                      kGroupsLaterWord, found->value, kByClass));
    }
    if (!found->className.empty()) spec.setPriorityClassName(found->className);
    spec.initPriority().setValue(found->value);
    request.replace(std::move(group));
    co_return Result<void>();
  }

  // A writer who does not know these fields leaves them out, and does not mean to take them away.
  static bool keep(core_v1::PodSpec::Builder spec, core_v1::PodSpec::Reader old) {
    const bool value = !isSet(spec.asReader().getPriority()) && isSet(old.getPriority());
    const bool policy = !spec.hasPreemptionPolicy() && old.hasPreemptionPolicy();
    if (value) spec.initPriority().setValue(old.getPriority().getValue());
    if (policy) spec.setPreemptionPolicy(old.getPreemptionPolicy());
    return value || policy;
  }

  // Whether it was given all of it, as it is when it is asked about once more.
  static bool has(core_v1::PodSpec::Reader spec, const Priority& priority) {
    return (priority.className.empty() || view(spec.getPriorityClassName()) == priority.className) &&
           isSet(spec.getPriority()) && spec.getPriority().getValue() == priority.value && spec.hasPreemptionPolicy() &&
           view(spec.getPreemptionPolicy()) == priority.preemptionPolicy;
  }

  static Result<void> give(AdmissionRequest& request, core_v1::PodSpec::Builder spec, const Priority& priority) {
    auto given = spec.asReader();
    if (isSet(given.getPriority()) && given.getPriority().getValue() != priority.value) {
      return request.forbid(concat("the integer value of priority (", given.getPriority().getValue(), ") ", kLaterWord,
                                   priority.value, kByClass));
    }
    const std::string_view policy = view(given.getPreemptionPolicy());
    if (given.hasPreemptionPolicy() && policy != priority.preemptionPolicy) {
      return request.forbid(concat("the string value of PreemptionPolicy (", policy, ") ", kLaterWord,
                                   priority.preemptionPolicy, kByClass));
    }
    // An empty name is none: an update would find it gone.
    if (!priority.className.empty()) spec.setPriorityClassName(priority.className);
    spec.initPriority().setValue(priority.value);
    spec.setPreemptionPolicy(priority.preemptionPolicy);
    return {};
  }

  Task<Result<Priority>> findPriority(AdmissionRequest& request, std::string name) {
    Result<Object<PriorityClass>> found;
    if (name.empty()) {
      found = co_await findDefault(Freshness::known);
    } else {
      found = co_await classes_.find("", name);
    }
    if (!found && found.error().is(404)) {
      co_return request.forbid(concat("no PriorityClass with name ", name, " was found"));
    }
    if (!found) co_return request.retry(found.error());
    co_return *found ? priorityOf(*found) : Priority();
  }

  // Refers to nothing where no class is the default. Of several, which only clients that race can make, it is the one
  // with the lowest value.
  Task<Result<Object<PriorityClass>>> findDefault(Freshness freshness) {
    Object<PriorityClass> lowest;
    auto look = [&](const Object<PriorityClass>& one) {
      if (one->getGlobalDefault() && (!lowest || one->getValue() < lowest->getValue())) lowest = one;
    };
    if (freshness == Freshness::known && classes_.known().synced()) {
      classes_.known().forEach(look);
      co_return lowest;
    }
    auto pending = client_.list<PriorityClass>();
    auto listed = co_await std::move(pending);
    // Where the kind is not served, there are no classes.
    if (!listed && listed.error().is(404)) co_return lowest;
    if (!listed) co_return fail(listed.error());
    for (const Object<PriorityClass>& one : listed->items) look(one);
    co_return lowest;
  }

  Client client_{context()};
  Lookup<PriorityClass> classes_{context()};
};

}  // namespace

CLEAT_PLUGIN(PriorityAdmission, .name = "admission-priority", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "scheduling.k8s.io priorityclasses get,list,watch\n");
