// Events: what happened to objects, for people to read; in the core group, and the same ones in events.k8s.io.
#include <cleat/sdk/kinds/events_v1.h>
#include <cleat/sdk/meta.h>

#include <cctype>

#include "kinds-common/names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr size_t kReasonLimit = 128, kActionLimit = 128, kReportingLimit = 128, kNoteLimit = 1024;

// Which group an event is written through decides how strict the rules are.
enum class Form { core, events };

// Events of the newer group have the layout of those of the core one, whose names Kubernetes' findings have in both.
core_v1::Event::Reader coreForm(events_v1::Event::Reader event) { return capnp::toAny(event).as<core_v1::Event>(); }

// An event about an object of cluster scope is kept in the namespace default, one with an event time in kube-system as
// well.
void checkNamespaces(core_v1::Event::Reader event, Findings& findings) {
  std::string_view ns = view(event.getMetadata().getNamespace());
  std::string_view about = view(event.getInvolvedObject().getNamespace());
  const bool dated = event.getEventTime().size() > 0;
  const bool fits = about.empty() ? ns == "default" || (dated && ns == "kube-system") : dated || about == ns;
  if (!fits) findings.invalid(Path("involvedObject") / "namespace", about, "does not match event.namespace");
}

void checkLength(capnp::Text::Reader text, size_t limit, const char* field, Findings& findings) {
  if (text.size() > limit) {
    findings.invalid(Path(field), "", concat("can have at most ", limit, " characters"));
  }
}

// Events with an event time name who says so, and what was done.
void checkReported(core_v1::Event::Reader event, Form form, Findings& findings) {
  const Path controller(form == Form::core ? "reportingComponent" : "reportingController");
  if (event.getReportingComponent().size() == 0) {
    findings.required(controller);
  }
  findings.invalidEach(controller, event.getReportingComponent(),
                       wrongQualifiedName(view(event.getReportingComponent())));
  if (event.getReportingInstance().size() == 0) findings.required(Path("reportingInstance"));
  checkLength(event.getReportingInstance(), kReportingLimit, "reportingInstance", findings);
  if (event.getAction().size() == 0) findings.required(Path("action"));
  checkLength(event.getAction(), kActionLimit, "action", findings);
  if (event.getReason().size() == 0) findings.required(Path("reason"));
  checkLength(event.getReason(), kReasonLimit, "reason", findings);
  checkLength(event.getMessage(), kNoteLimit, "message", findings);
}

void checkForm(core_v1::Event::Reader event, Form form, Findings& findings) {
  checkNamespaces(event, findings);
  if (event.getEventTime().size() > 0) checkReported(event, form, findings);
  Wrongs wrongs = wrongDns1123Subdomain(view(event.getMetadata().getNamespace()));
  if (!wrongs.empty()) findings.invalidEach(Path("namespace"), event.getMetadata().getNamespace(), wrongs);
}

void validate(const Change<core_v1::Event>& change, Findings& findings) {
  checkForm(change.object, Form::core, findings);
}

void checkSeries(core_v1::Event::Reader event, Findings& findings) {
  if (!event.hasSeries()) return;
  if (event.getSeries().getCount() < 2) findings.invalid(Path("series.count"), "", "should be at least 2");
  if (event.getSeries().getLastObservedTime().size() == 0) findings.required(Path("series.lastObservedTime"));
}

// What is only for those who write the older form.
void checkUnset(core_v1::Event::Reader event, Findings& findings) {
  constexpr const char* kUnset = "needs to be unset";
  if (event.getFirstTimestamp().size() > 0) findings.invalid(Path("firstTimestamp"), "", kUnset);
  if (event.getLastTimestamp().size() > 0) findings.invalid(Path("lastTimestamp"), "", kUnset);
  if (event.getCount() != 0) findings.invalid(Path("count"), "", kUnset);
  const bool source = event.getSource().getComponent().size() > 0 || event.getSource().getHost().size() > 0;
  if (source) findings.invalid(Path("source"), "", kUnset);
}

void checkCreated(core_v1::Event::Reader event, Findings& findings) {
  checkSeries(event, findings);
  if (event.getEventTime().size() == 0) findings.required(Path("eventTime"));
  if (view(event.getType()) != "Normal" && view(event.getType()) != "Warning") {
    findings.invalid(Path("type"), "", concat("has invalid value: ", view(event.getType())));
  }
  checkUnset(event, findings);
}

// As Kubernetes shows them in a finding: by the names that its own types have.
std::string shown(core_v1::ObjectReference::Reader about) {
  return concat("{\"Kind\":", jsonText(view(about.getKind())), ",\"Namespace\":", jsonText(view(about.getNamespace())),
                ",\"Name\":", jsonText(view(about.getName())), ",\"UID\":", jsonText(view(about.getUid())),
                ",\"APIVersion\":", jsonText(view(about.getApiVersion())),
                ",\"ResourceVersion\":", jsonText(view(about.getResourceVersion())),
                ",\"FieldPath\":", jsonText(view(about.getFieldPath())), "}");
}
std::string shown(core_v1::EventSource::Reader source) {
  return concat("{\"Component\":", jsonText(view(source.getComponent())),
                ",\"Host\":", jsonText(view(source.getHost())), "}");
}

// Nothing but the series and metadata changes.
void checkKept(core_v1::Event::Reader now, core_v1::Event::Reader old, Findings& findings) {
  if (!sameStruct(now.getSeries(), old.getSeries())) checkSeries(now, findings);
  auto text = [&](const char* field, capnp::Text::Reader after, capnp::Text::Reader before) {
    if (view(after) != view(before)) findings.invalid(Path(field), after, kImmutable);
  };
  auto part = [&](const char* field, const auto& after, const auto& before) {
    if (!sameStruct(after, before)) findings.invalid(Path(field), Shown::plain(shown(after)), kImmutable);
  };
  part("involvedObject", now.getInvolvedObject(), old.getInvolvedObject());
  text("reason", now.getReason(), old.getReason());
  text("message", now.getMessage(), old.getMessage());
  part("source", now.getSource(), old.getSource());
  text("firstTimestamp", now.getFirstTimestamp(), old.getFirstTimestamp());
  text("lastTimestamp", now.getLastTimestamp(), old.getLastTimestamp());
  if (now.getCount() != old.getCount()) findings.invalid(Path("count"), now.getCount(), kImmutable);
  text("type", now.getType(), old.getType());
  text("eventTime", now.getEventTime(), old.getEventTime());
  text("action", now.getAction(), old.getAction());
  part("related", now.getRelated(), old.getRelated());
  text("reportingController", now.getReportingComponent(), old.getReportingComponent());
  text("reportingInstance", now.getReportingInstance(), old.getReportingInstance());
}

void validateNewer(const Change<events_v1::Event>& change, Findings& findings) {
  core_v1::Event::Reader event = coreForm(change.object);
  checkForm(event, Form::events, findings);
  if (change.old) {
    checkKept(event, coreForm(*change.old), findings);
  } else {
    checkCreated(event, findings);
  }
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

void printNewer(events_v1::Event::Reader event, Cells& cells) { print(coreForm(event), cells); }

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
                            "involvedObject.fieldPath", "reason", "reportingComponent",
                            "source=source.component|reportingComponent", "type"},
       .keepsGeneration = true,
       .createsOnUpdate = true},
      {nullptr, validate, print});
  table.add<events_v1::Event>(
      {.structFile = "kinds/events_v1.capnp",
       .shortNames = {"ev"},
       .columns = columns(),
       .selectableFields = {"regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid",
                            "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath", "reason",
                            "reportingController", "type"},
       .keepsGeneration = true,
       .createsOnUpdate = true,
       .storedAs = "events"},
      {nullptr, validateNewer, printNewer});
}

}  // namespace cleat::kinds::core
