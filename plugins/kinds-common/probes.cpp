// Probes and the hooks of a container's life: what is run or asked, and how often.
#include "kinds-common/pod_parts.h"

namespace cleat::kinds {

namespace {

constexpr std::string_view kOneHandler = "may not specify more than 1 handler type";

void checkHttpGet(core_v1::HTTPGetAction::Reader action, const Path& path, Findings& findings) {
  if (action.getPath().size() == 0) findings.required(path / "path");
  checkPortRef(action.getPort(), path / "port", findings);
  checkOneOf(view(action.getScheme()), path / "scheme", {"HTTP", "HTTPS"}, findings);
  for (auto header : action.getHttpHeaders()) {
    checkName(view(header.getName()), wrongHttpHeaderName(view(header.getName())), path / "httpHeaders", findings);
  }
}

// Counts handlers: the first one is checked, a further one is one too many.
class Handlers {
 public:
  Handlers(const Path& path, Findings& findings) : path_(path), findings_(findings) {}

  template <class Check>
  void one(bool there, const char* name, Check check) {
    if (!there) return;
    if (count_++ > 0) {
      findings_.forbidden(path_ / name, kOneHandler);
    } else {
      check(path_ / name);
    }
  }
  void end() {
    if (count_ == 0) findings_.required(path_, "must specify a handler type");
  }

 private:
  const Path& path_;
  Findings& findings_;
  int count_ = 0;
};

// What a probe's and a hook's handler have in common.
template <class Handler>
void checkCommon(Handler handler, Handlers& handlers, Findings& findings) {
  handlers.one(handler.hasExec(), "exec", [&](const Path& path) {
    if (handler.getExec().getCommand().size() == 0) findings.required(path / "command");
  });
  handlers.one(handler.hasHttpGet(), "httpGet",
               [&](const Path& path) { checkHttpGet(handler.getHttpGet(), path, findings); });
  handlers.one(handler.hasTcpSocket(), "tcpSocket",
               [&](const Path& path) { checkPortRef(handler.getTcpSocket().getPort(), path / "port", findings); });
}

void checkHook(core_v1::LifecycleHandler::Reader hook, const PodFacts& pod, const Path& path, Findings& findings) {
  Handlers handlers(path, findings);
  checkCommon(hook, handlers, findings);
  handlers.one(hook.hasSleep(), "sleep", [&](const Path& at) {
    int64_t seconds = hook.getSleep().getSeconds();
    if (!pod.gracePeriodSeconds || (seconds >= 0 && seconds <= *pod.gracePeriodSeconds)) return;
    findings.invalid(
        at, seconds,
        concat("must be non-negative and less than terminationGracePeriodSeconds (", *pod.gracePeriodSeconds, ")"));
  });
  handlers.end();
}

}  // namespace

void checkPortRef(meta_v1::IntOrString::Reader port, const Path& path, Findings& findings) {
  if (port.isIntVal()) {
    Wrongs wrongs = wrongPortNumber(port.getIntVal());
    if (!wrongs.empty()) findings.invalidEach(path, port.getIntVal(), wrongs);
  } else {
    checkName(view(port.getStrVal()), wrongPortName(view(port.getStrVal())), path, findings);
  }
}

void checkProbe(core_v1::Probe::Reader probe, ProbeKind kind, const PodFacts&, const Path& path, Findings& findings) {
  Handlers handlers(path, findings);
  checkCommon(probe, handlers, findings);
  handlers.one(probe.hasGrpc(), "grpc", [&](const Path& at) {
    Wrongs wrongs = wrongPortNumber(probe.getGrpc().getPort());
    if (!wrongs.empty()) findings.invalidEach(at / "port", probe.getGrpc().getPort(), wrongs);
  });
  handlers.end();
  checkNotNegativeNumber(probe.getInitialDelaySeconds(), path / "initialDelaySeconds", findings);
  checkNotNegativeNumber(probe.getTimeoutSeconds(), path / "timeoutSeconds", findings);
  checkNotNegativeNumber(probe.getPeriodSeconds(), path / "periodSeconds", findings);
  checkNotNegativeNumber(probe.getSuccessThreshold(), path / "successThreshold", findings);
  checkNotNegativeNumber(probe.getFailureThreshold(), path / "failureThreshold", findings);
  auto grace = probe.getTerminationGracePeriodSeconds();
  if (isSet(grace) && grace.getValue() <= 0) {
    findings.invalid(path / "terminationGracePeriodSeconds", grace.getValue(), "must be greater than 0");
  }
  if (kind == ProbeKind::readiness) {
    if (isSet(grace)) {
      findings.invalid(path / "terminationGracePeriodSeconds", grace.getValue(), "must not be set for readinessProbes");
    }
  } else if (probe.getSuccessThreshold() != 1) {
    findings.invalid(path / "successThreshold", probe.getSuccessThreshold(), "must be 1");
  }
}

void checkLifecycle(core_v1::Lifecycle::Reader lifecycle, const PodFacts& pod, const Path& path, Findings& findings) {
  if (lifecycle.hasPostStart()) checkHook(lifecycle.getPostStart(), pod, path / "postStart", findings);
  if (lifecycle.hasPreStop()) checkHook(lifecycle.getPreStop(), pod, path / "preStop", findings);
}

}  // namespace cleat::kinds
