// Events: what happened to objects, for people to read.
#include <cleat/sdk/meta.h>

#include <cctype>

#include "kinds-common/names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr size_t kReasonLimit = 128, kActionLimit = 128, kReportingLimit = 128, kNoteLimit = 1024;

// An event about an object of cluster scope is kept in the namespace default.
void checkNamespaces(core_v1::Event::Reader event, Findings& findings) {
  std::string_view ns = view(event.getMetadata().getNamespace());
  std::string_view about = view(event.getInvolvedObject().getNamespace());
  const Path path = Path("involvedObject") / "namespace";
  if (about.empty()) {
    if (ns != "default" && ns != "kube-system") findings.invalid(path, about, "does not match event.namespace");
  } else if (about != ns) {
    findings.invalid(path, about, "does not match event.namespace");
  }
}

void checkLength(capnp::Text::Reader text, size_t limit, const char* field, Findings& findings) {
  if (text.size() > limit) {
    findings.invalid(Path(field), "", concat("can have at most ", limit, " characters"));
  }
}

// Events of the newer form name when they happened, and who says so.
void checkReported(core_v1::Event::Reader event, Findings& findings) {
  if (event.getReportingComponent().size() == 0) {
    findings.required(Path("reportingController"));
  } else {
    Wrongs wrongs = wrongQualifiedName(view(event.getReportingComponent()));
    if (!wrongs.empty()) findings.invalidEach(Path("reportingController"), event.getReportingComponent(), wrongs);
  }
  if (event.getReportingInstance().size() == 0) findings.required(Path("reportingInstance"));
  checkLength(event.getReportingInstance(), kReportingLimit, "reportingInstance", findings);
  if (event.getAction().size() == 0) findings.required(Path("action"));
  checkLength(event.getAction(), kActionLimit, "action", findings);
  if (event.getReason().size() == 0) findings.required(Path("reason"));
  checkLength(event.getReason(), kReasonLimit, "reason", findings);
  checkLength(event.getMessage(), kNoteLimit, "message", findings);
}

void validate(const Change<core_v1::Event>& change, Findings& findings) {
  checkNamespaces(change.object, findings);
  Wrongs wrongs = wrongDns1123Subdomain(view(change.object.getMetadata().getNamespace()));
  if (!wrongs.empty()) findings.invalidEach(Path("namespace"), change.object.getMetadata().getNamespace(), wrongs);
  if (change.object.getEventTime().size() == 0) return;
  if (change.isCreate()) checkReported(change.object, findings);
}

std::string sourceText(core_v1::Event::Reader event) {
  std::string component = str(event.getSource().getComponent());
  if (component.empty()) component = str(event.getReportingComponent());
  std::string_view host = view(event.getSource().getHost());
  if (event.getSource().getComponent().size() == 0) host = view(event.getReportingInstance());
  return host.empty() ? component : concat(component, ", ", host);
}

std::string targetText(core_v1::ObjectReference::Reader about) {
  std::string text = str(about.getKind());
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return about.getName().size() == 0 ? text : concat(text, "/", view(about.getName()));
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* kSpace = " \t\r\n\v\f";
  size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void print(core_v1::Event::Reader event, Cells& cells) {
  std::string first =
      cells.since(event.getFirstTimestamp().size() != 0 ? event.getFirstTimestamp() : event.getEventTime());
  std::string last = event.getLastTimestamp().size() != 0 ? cells.since(event.getLastTimestamp()) : first;
  int64_t count = event.getCount() == 0 ? 1 : event.getCount();
  if (event.hasSeries()) {
    last = cells.since(event.getSeries().getLastObservedTime());
    count = event.getSeries().getCount();
  }
  cells.text(last);
  cells.text(event.getType());
  cells.text(event.getReason());
  cells.text(targetText(event.getInvolvedObject()));
  cells.text(event.getInvolvedObject().getFieldPath());
  cells.text(sourceText(event));
  cells.text(trimmed(view(event.getMessage())));
  cells.text(first);
  cells.integer(count);
  cells.text(event.getMetadata().getName());
}

std::vector<Column> columns() {
  Column name = nameColumn();
  name.priority = 1;
  return {{"Last Seen", "string", "The time since the event last occurred."},
          {"Type", "string", "Normal, or Warning when it should be looked at."},
          {"Reason", "string", "Why it happened, in one word."},
          {"Object", "string", "What it happened to."},
          wide({"Subobject", "string", "The part of the object that it is about."}),
          wide({"Source", "string", "Who reports it."}),
          {"Message", "string", "What happened."},
          wide({"First Seen", "string", "The time since the event first occurred."}),
          wide({"Count", "string", "How often it occurred."}),
          name};
}

}  // namespace

void addEvents(KindTable& table) {
  table.add<core_v1::Event>(
      {.structFile = kSchemaFile,
       .shortNames = {"ev"},
       .columns = columns(),
       .selectableFields = {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
                            "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
                            "involvedObject.fieldPath", "reason", "reportingComponent", "type"},
       .keepsGeneration = true,
       .createsOnUpdate = true},
      {nullptr, validate, print});
}

}  // namespace cleat::kinds::core
