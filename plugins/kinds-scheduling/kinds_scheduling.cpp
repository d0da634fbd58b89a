// kinds-scheduling: scheduling.k8s.io/v1, the names by which pods say how important they are.
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/system_priority.h>

#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds {

namespace {

using scheduling_v1::PriorityClass;

void setDefaults(PriorityClass::Builder object, const Change<PriorityClass>&) {
  if (!object.hasPreemptionPolicy()) object.setPreemptionPolicy("PreemptLowerPriority");
}

// What a class with a name of the system's has wrong; empty: nothing.
std::string wrongAsSystemClass(PriorityClass::Reader object) {
  const std::string_view name = view(object.getMetadata().getName());
  const SystemPriorityClass* known = findSystemPriorityClass(name);
  if (known == nullptr) return concat(name, " is not a known system priority class");
  if (object.getValue() != known->value) return concat("value of ", name, " PriorityClass must be ", known->value);
  if (object.getGlobalDefault()) return concat("globalDefault of ", name, " PriorityClass must be false");
  return {};
}

void validateNew(PriorityClass::Reader object, Findings& findings) {
  if (view(object.getMetadata().getName()).starts_with(kSystemPriorityPrefix)) {
    if (const std::string wrong = wrongAsSystemClass(object); !wrong.empty()) {
      findings.forbidden(Path("metadata") / "name",
                         concat("priority class names with '", kSystemPriorityPrefix,
                                "' prefix are reserved for system use only. error: ", wrong));
    }
  } else if (object.getValue() > kHighestUserPriority) {
    findings.forbidden(Path("value"),
                       concat("maximum allowed value of a user defined priority is ", kHighestUserPriority));
  }
  const Path policy("preemptionPolicy");
  if (object.getPreemptionPolicy().size() == 0) {
    findings.required(policy);
  } else {
    checkOneOf(view(object.getPreemptionPolicy()), policy, {"PreemptLowerPriority", "Never"}, findings);
  }
}

void validate(const Change<PriorityClass>& change, Findings& findings) {
  if (!change.old) return validateNew(change.object, findings);
  if (change.object.getValue() != change.old->getValue()) {
    findings.forbidden(Path("value"), "may not be changed in an update.");
  }
  if (view(change.object.getPreemptionPolicy()) != view(change.old->getPreemptionPolicy())) {
    findings.invalid(Path("preemptionPolicy"), change.object.getPreemptionPolicy(), kImmutable);
  }
}

void print(PriorityClass::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.integer(object.getValue());
  cells.boolean(object.getGlobalDefault());
  cells.age(object.getMetadata().getCreationTimestamp());
  cells.text(object.getPreemptionPolicy());
}

void addPriorityClasses(KindTable& table) {
  table.add<PriorityClass>(
      {.structFile = "kinds/scheduling_v1.capnp",
       .shortNames = {"pc"},
       .columns = {nameColumn(),
                   {"Value", "integer", "The priority that pods of the class get; higher is more important."},
                   {"Global-Default", "boolean", "Whether pods that name no class are of this one."},
                   ageColumn(),
                   {"PreemptionPolicy", "string", "Whether pods of the class push out less important ones."}},
       .allocates = true},
      {setDefaults, validate, print});
}

}  // namespace

class SchedulingKinds : public KindsPlugin {
 public:
  explicit SchedulingKinds(Context& context) : KindsPlugin(context) { addPriorityClasses(table()); }

 protected:
  // Pods of the system depend on its classes: they stay.
  Task<Result<void>> beforeCommit(role::BeforeCommitParams::Reader params,
                                  Call<role::BeforeCommitResults>& call) override {
    call.results();
    const std::string name = str(params.getRef().getName());
    if (params.getOperation() != role::Operation::DELETE || findSystemPriorityClass(name) == nullptr) {
      co_return Result<void>();
    }
    const Resource& kind = KindOf<PriorityClass>::resource;
    Status status = Status::forbidden(concat(kind.resource, ".", kind.group, " \"", name,
                                             "\" is forbidden: this is a system priority class and cannot be deleted"));
    status.details.name = name;
    status.details.group = str(kind.group);
    status.details.kind = str(kind.resource);
    co_return fail(std::move(status));
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::SchedulingKinds, .name = "kinds-scheduling", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
