// Subresources of pods and namespaces: bindings, the way to the node's agent, finalizing.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Binding;
using core_v1::Namespace;
using core_v1::Node;
using core_v1::Pod;

class Subresources : public KindsFixture {
 protected:
  Subresources() : KindsFixture("kinds-core") {
    host.put(parse<Node>(
        R"({"metadata":{"name":"n1"},"status":{"addresses":[{"type":"Hostname","address":"n1"},{"type":"InternalIP","address":"192.0.2.7"}],"daemonEndpoints":{"kubeletEndpoint":{"port":10250}}}})"));
  }

  template <class Parent>
  Outcome<role::TransformResults> transform(const char* name, const Object<Parent>& parent, AnyRef body) {
    return plugin->call(role::kinds::transform,
                        [&](role::TransformParams::Builder params) { fillRef(params, KindOf<Parent>::resource, name); },
                        {parent, body});
  }

  // The URL, or the error's text.
  std::string connect(std::string_view pod, const char* name, const char* query) {
    auto outcome = plugin->call(role::kinds::connect,
                                [&](role::ConnectParams::Builder params) {
                                  fillRef(params, KindOf<Pod>::resource, name);
                                  params.setMethod("GET");
                                  params.setQuery(query);
                                },
                                {object<Pod>(pod)});
    return outcome.ok() ? str(outcome.answer->getUrl()) : outcome.status.message;
  }
};

constexpr const char* kWeb =
    R"({"metadata":{"name":"web","namespace":"default"},"spec":{"nodeName":"n1","containers":[{"name":"c"}]}})";
constexpr const char* kTwo =
    R"({"metadata":{"name":"two","namespace":"default"},"spec":{"nodeName":"n1","containers":[{"name":"a"},{"name":"b"}],"initContainers":[{"name":"i"}]}})";

TEST_F(Subresources, PutAPodOnANode) {
  auto pod = object<Pod>(
      R"({"metadata":{"name":"web","namespace":"default","uid":"u"},"spec":{"containers":[{"name":"c"}]}})");
  auto outcome =
      transform("binding", pod, object<Binding>(R"({"metadata":{"name":"web"},"target":{"kind":"Node","name":"n1"}})"));
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto bound = outcome.answer.object<Pod>();
  EXPECT_EQ(view(bound->getSpec().getNodeName()), "n1");
  EXPECT_TRUE(conditionIs(bound->getStatus().getConditions(), "PodScheduled", "True"));

  auto again = transform("binding", bound,
                         object<Binding>(R"({"metadata":{"name":"web"},"target":{"kind":"Node","name":"n2"}})"));
  EXPECT_EQ(again.status.code, 409);
  EXPECT_EQ(again.status.message,
            "Operation cannot be fulfilled on pods/binding \"web\": pod web is already assigned to node \"n1\"");
  auto nowhere =
      transform("binding", pod, object<Binding>(R"({"metadata":{"name":"web"},"target":{"kind":"Planet"}})"));
  EXPECT_EQ(nowhere.status.code, 422);
  auto wrong = [&](const char* binding) { return transform("binding", pod, object<Binding>(binding)).status.message; };
  EXPECT_NE(wrong(R"({"metadata":{"name":"web"},"target":{"name":"No_Node"}})").find("target.name: Invalid value"),
            std::string::npos);
  EXPECT_EQ(wrong(R"({"target":{"name":"n1"}})"), "name in URL does not match name in Binding object");
  EXPECT_NE(wrong(R"({"metadata":{"name":"web","resourceVersion":"7"},"target":{"name":"n1"}})")
                .find("Precondition failed: ResourceVersion in precondition: 7, ResourceVersion in object meta: "),
            std::string::npos);
}

TEST_F(Subresources, TakeOnlyTheEphemeralContainersOfAPod) {
  auto pod = object<Pod>(kWeb);
  auto outcome = transform("ephemeralcontainers", pod,
                           object<Pod>(R"({"metadata":{"name":"web","labels":[{"key":"a","value":"b"}]},
      "spec":{"nodeName":"n2","containers":[{"name":"c","image":"i"}],"ephemeralContainers":[{"name":"d","image":"i"}]}})"));
  // The pod itself was never complete, which is found now.
  EXPECT_EQ(outcome.status.code, 422);
  EXPECT_NE(outcome.status.message.find("spec.containers[0].image: Required value"), std::string::npos)
      << outcome.status.message;

  pod = object<Pod>(
      R"({"metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"c","image":"i"}]}})");
  outcome = transform("ephemeralcontainers", pod,
                      object<Pod>(R"({"metadata":{"name":"web","labels":[{"key":"a","value":"b"}]},
      "spec":{"nodeName":"n2","ephemeralContainers":[{"name":"d","image":"i"}]}})"));
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto changed = outcome.answer.object<Pod>();
  EXPECT_EQ(view(changed->getSpec().getEphemeralContainers()[0].getTerminationMessagePath()), "/dev/termination-log");
  EXPECT_EQ(changed->getSpec().getNodeName().size(), 0u);
  EXPECT_EQ(changed.meta().getLabels().size(), 0u);

  outcome = transform("ephemeralcontainers", changed, object<Pod>(R"({"metadata":{"name":"web"},
      "spec":{"ephemeralContainers":[{"name":"d","image":"other"}]}})"));
  EXPECT_EQ(outcome.status.code, 422);
  EXPECT_NE(outcome.status.message.find("existing ephemeral containers \"d\" may not be changed"), std::string::npos);
}

TEST_F(Subresources, ResizeAPodButNotIntoAnotherClass) {
  auto pod = object<Pod>(R"({"metadata":{"name":"web","namespace":"default"},"status":{"qosClass":"Burstable"},
      "spec":{"containers":[{"name":"c","image":"i","resources":{"requests":[{"key":"cpu","value":"1"}]}}]}})");
  auto resized = [&](const char* resources) {
    return transform("resize", pod,
                     object<Pod>(concat(
                         R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"other","resources":)",
                         resources, "}]}}")));
  };
  auto outcome = resized(R"({"requests":[{"key":"cpu","value":"2"}]})");
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto container = outcome.answer.object<Pod>()->getSpec().getContainers()[0];
  EXPECT_EQ(view(container.getResources().getRequests()[0].getValue()), "2");
  EXPECT_EQ(view(container.getImage()), "i");

  EXPECT_NE(
      resized(R"({"requests":[{"key":"memory","value":"1"}]})")
          .status.message.find("spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"),
      std::string::npos);
  EXPECT_NE(
      resized(
          R"({"requests":[{"key":"cpu","value":"1"},{"key":"memory","value":"1"}],"limits":[{"key":"cpu","value":"1"},{"key":"memory","value":"1"}]})")
          .status.message.find(
              "spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing"),
      std::string::npos);
  // A running container of which the node says nothing is on one that cannot resize.
  pod = object<Pod>(R"({"metadata":{"name":"web","namespace":"default"},
      "status":{"qosClass":"Burstable","containerStatuses":[{"name":"c","state":{"running":{}}}]},
      "spec":{"containers":[{"name":"c","image":"i","resources":{"requests":[{"key":"cpu","value":"1"}]}}]}})");
  EXPECT_NE(resized(R"({"requests":[{"key":"cpu","value":"2"}]})")
                .status.message.find("Pod running on node without support for resize"),
            std::string::npos);
}

TEST_F(Subresources, FollowLogsAtTheNodesAgent) {
  EXPECT_EQ(connect(kWeb, "log", "follow=true&tailLines=10&container=c"),
            "https://192.0.2.7:10250/containerLogs/default/web/c?follow=true&tailLines=10");
  EXPECT_EQ(connect(kWeb, "log", "sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z"),
            "PodLogOptions \"web\" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be "
            "specified");
}

TEST_F(Subresources, ChooseTheContainer) {
  EXPECT_EQ(connect(kTwo, "log", ""), "a container name must be specified for pod two, choose one of: [i a b]");
  EXPECT_EQ(connect(kTwo, "log", "container=z"), "container z is not valid for pod two");
  EXPECT_EQ(connect(kTwo, "log", "container=i"), "https://192.0.2.7:10250/containerLogs/default/two/i");
}

TEST_F(Subresources, ExecuteAtTheNodesAgent) {
  EXPECT_EQ(
      connect(kWeb, "exec", "command=sh&command=-c&command=echo+a%26b&stdin=true&stdout=true&tty=true"),
      "https://192.0.2.7:10250/exec/default/web/c?command=sh&command=-c&command=echo%20a%26b&input=1&output=1&tty=1");
  EXPECT_EQ(connect(kWeb, "attach", "stdout=1&stderr=false"), "https://192.0.2.7:10250/attach/default/web/c?output=1");
  EXPECT_EQ(connect(kWeb, "portforward", ""), "https://192.0.2.7:10250/portForward/default/web");
  EXPECT_EQ(connect(R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c"}]}})", "exec", "command=a"),
            "pod web does not have a host assigned");
}

TEST_F(Subresources, ShowAnEmptyLogOfAPodWithoutANode) {
  EXPECT_EQ(connect(R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c"}]}})", "log", ""), "");
}

TEST_F(Subresources, LetANamespaceGo) {
  auto blue = object<Namespace>(
      R"({"metadata":{"name":"blue","labels":[{"key":"a","value":"b"}]},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating"}})");
  auto outcome = transform("finalize", blue, object<Namespace>(R"({"metadata":{"name":"blue"}})"));
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto finalized = outcome.answer.object<Namespace>();
  EXPECT_EQ(finalized->getSpec().getFinalizers().size(), 0u);
  EXPECT_EQ(view(finalized->getStatus().getPhase()), "Terminating");
  // An ordinary update cannot.
  auto updated = defaulted(object<Namespace>(R"({"metadata":{"name":"blue"}})"), blue);
  EXPECT_EQ(updated->getSpec().getFinalizers().size(), 1u);
}

}  // namespace
}  // namespace cleat::test
