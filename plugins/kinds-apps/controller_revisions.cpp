// ControllerRevisions: states of StatefulSets and DaemonSets, kept to roll back to.
#include <cleat/sdk/meta.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/names.h"

namespace cleat::kinds::apps {

namespace {

void checkData(apps_v1::ControllerRevision::Reader revision, Findings& findings) {
  const std::string_view data = view(revision.getData());
  if (data.empty() || data == "null") {
    findings.required(Path("data"), "data is mandatory");
  } else if (data.front() != '{') {
    findings.required(Path("data"), "data must be a valid JSON object");
  }
}

void validate(const Change<apps_v1::ControllerRevision>& change, Findings& findings) {
  auto revision = change.object;
  checkNotNegative(revision.getRevision(), Path("revision"), findings);
  if (!change.old) {
    checkData(revision, findings);
  } else if (view(revision.getData()) != view(change.old->getData())) {
    std::string shown = str(revision.getData());
    findings.invalid(Path("data"), Shown::plain(shown.empty() ? "null" : shown), kImmutable);
  }
}

// "daemonset.apps/web", whose revision it is.
std::string controllerText(meta_v1::ObjectMeta::Reader meta) {
  auto owner = controllerOf(meta);
  if (!owner) return "<none>";
  std::string_view version = view(owner->getApiVersion());
  const size_t slash = version.find('/');
  std::string_view group = slash == std::string_view::npos ? "" : version.substr(0, slash);
  std::string kind = lowerCase(view(owner->getKind()));
  return concat(kind, group.empty() ? "" : ".", group, "/", view(owner->getName()));
}

void print(apps_v1::ControllerRevision::Reader revision, Cells& cells) {
  cells.text(revision.getMetadata().getName());
  cells.text(controllerText(revision.getMetadata()));
  cells.integer(revision.getRevision());
  cells.age(revision.getMetadata().getCreationTimestamp());
}

}  // namespace

void addControllerRevisions(KindTable& table) {
  table.add<apps_v1::ControllerRevision>({.structFile = kSchemaFile,
                                          .columns = {nameColumn(),
                                                      {"Controller", "string", "Whose state it is."},
                                                      {"Revision", "string", "The state's number."},
                                                      ageColumn()},
                                          .keepsGeneration = true},
                                         {nullptr, validate, print});
}

}  // namespace cleat::kinds::apps
