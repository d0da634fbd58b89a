// What a request says of how it is to be done (CreateOptions, UpdateOptions, DeleteOptions), member by member and in
// the order in which Kubernetes writes them, for whoever makes JSON of it or a value for expressions.
#pragma once

#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/text.h>

#include <string_view>

namespace cleat::policy {

inline std::string_view optionsKind(role::Operation operation) {
  switch (operation) {
    case role::Operation::CREATE: return "CreateOptions";
    case role::Operation::UPDATE: return "UpdateOptions";
    default: return "DeleteOptions";
  }
}

// `Members` takes them: text, integer, boolean, all (a list with "All" in it), and `inside`, which gives what takes the
// members of an object. Of a connect there are none to write.
template <class Members>
void writeOptions(role::AdmissionParams::Reader params, Members& to) {
  const auto textIfAny = [](Members& members, const char* name, capnp::Text::Reader text) {
    if (text.size() > 0) members.text(name, view(text));
  };
  const role::RequestOptions::Reader options = params.getOptions();
  to.text("kind", optionsKind(params.getOperation()));
  to.text("apiVersion", "meta.k8s.io/v1");
  if (params.getOperation() != role::Operation::DELETE) {
    if (params.getDryRun()) to.all("dryRun");
    textIfAny(to, "fieldManager", options.getFieldManager());
    textIfAny(to, "fieldValidation", options.getFieldValidation());
    return;
  }
  if (options.getHasGracePeriodSeconds()) to.integer("gracePeriodSeconds", options.getGracePeriodSeconds());
  if (options.getPreconditionUid().size() > 0 || options.getPreconditionRevision().size() > 0) {
    to.inside("preconditions", [&](Members& preconditions) {
      textIfAny(preconditions, "uid", options.getPreconditionUid());
      textIfAny(preconditions, "resourceVersion", options.getPreconditionRevision());
    });
  }
  if (options.getHasOrphanDependents()) to.boolean("orphanDependents", options.getOrphanDependents());
  textIfAny(to, "propagationPolicy", options.getPropagationPolicy());
  if (params.getDryRun()) to.all("dryRun");
}

}  // namespace cleat::policy
