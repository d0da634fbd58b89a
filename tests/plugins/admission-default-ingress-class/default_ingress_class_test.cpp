#include <cleat/sdk/kinds/networking_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using networking_v1::Ingress;
using networking_v1::IngressClass;
using testing::ElementsAre;

class DefaultIngressClassTest : public testing::Test {
 protected:
  DefaultIngressClassTest() {
    host.know<IngressClass>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }

  void addClass(const char* name, const char* isDefault) {
    auto added = test::named<IngressClass>("", name);
    setAnnotation(added.meta(), "ingressclass.kubernetes.io/is-default-class", isDefault);
    host.put(std::move(added));
    host.settle();
  }
  // The class that a new Ingress gets; "" where it stays as it is.
  std::string given(Draft<Ingress> ingress) {
    auto outcome = test::admit<Ingress>(*plugin, test::Pass::mutate, {.ns = "default", .name = "web"},
                                        std::move(ingress).freeze());
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    if (outcome.answer.objects().empty()) return {};
    return str(outcome.answer.object<Ingress>()->getSpec().getIngressClassName());
  }
  static Draft<Ingress> plain() { return test::named<Ingress>("default", "web"); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(DefaultIngressClassTest, ItSeesNewIngresses) {
  EXPECT_THAT(test::interestsOf(*plugin), ElementsAre("mutate create networking.k8s.io/ingresses"));
}

TEST_F(DefaultIngressClassTest, WhatNamesNoClassGetsTheDefault) {
  EXPECT_EQ(given(plain()), "");
  addClass("other", "false");
  EXPECT_EQ(given(plain()), "");
  addClass("standard", "true");
  EXPECT_EQ(given(plain()), "standard");
}

TEST_F(DefaultIngressClassTest, WhatNamesOneKeepsIt) {
  addClass("standard", "true");
  auto named = plain();
  named->getSpec().setIngressClassName("mine");
  EXPECT_EQ(given(std::move(named)), "");
  auto annotated = plain();
  setAnnotation(annotated.meta(), "kubernetes.io/ingress.class", "mine");
  EXPECT_EQ(given(std::move(annotated)), "");
}

TEST_F(DefaultIngressClassTest, OfSeveralTheNewestCountsAndThenTheFirstByName) {
  addClass("b", "true");
  addClass("a", "true");
  EXPECT_EQ(given(plain()), "a");
  host.advance(2s);
  addClass("c", "true");
  EXPECT_EQ(given(plain()), "c");
}

}  // namespace
}  // namespace cleat
