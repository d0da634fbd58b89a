// Objects of a cluster, questions, and what is answered.
#include <arpa/inet.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "responder.h"
#include "service_records.h"
#include "upstreams.h"

namespace cleat::dns {
namespace {

using core_v1::Service;
using discovery_v1::EndpointSlice;

Draft<Service> service(const char* clusterIp, std::vector<std::pair<const char*, int>> ports = {}) {
  Draft<Service> draft;
  auto spec = draft->initSpec();
  spec.setType("ClusterIP");
  spec.setClusterIP(clusterIp);
  auto list = spec.initPorts(static_cast<unsigned>(ports.size()));
  for (unsigned i = 0; i < ports.size(); ++i) {
    list[i].setName(ports[i].first);
    list[i].setPort(ports[i].second);
  }
  return draft;
}

struct Member {
  const char* address;
  const char* hostname;
  bool ready;
};

Object<EndpointSlice> slice(const std::vector<Member>& members) {
  Draft<EndpointSlice> draft;
  auto endpoints = draft->initEndpoints(static_cast<unsigned>(members.size()));
  for (unsigned i = 0; i < members.size(); ++i) {
    endpoints[i].initAddresses(1).set(0, members[i].address);
    endpoints[i].setHostname(members[i].hostname);
    endpoints[i].initConditions().initReady().setValue(members[i].ready);
  }
  auto port = draft->initPorts(1)[0];
  port.setName("http");
  port.setProtocol("TCP");
  port.initPort().setValue(8080);
  return std::move(draft).freeze();
}

std::string rdataText(const Record& record) {
  const std::string& bytes = record.rdata;
  if (record.type == kTypeA || record.type == kTypeAaaa) {
    std::array<char, 64> text{};
    inet_ntop(record.type == kTypeA ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
  }
  if (record.type == kTypeTxt) return bytes.substr(1);
  if (record.type == kTypeSoa) return "soa";
  std::string out;
  size_t at = record.type == kTypeSrv ? 6 : 0;
  if (at != 0) {
    for (size_t i = 0; i < 6; i += 2)
      out += concat(static_cast<uint8_t>(bytes[i]) * 256 + static_cast<uint8_t>(bytes[i + 1]), " ");
  }
  for (; bytes[at] != 0; at += 1u + static_cast<size_t>(bytes[at]))
    out += bytes.substr(at + 1, static_cast<size_t>(bytes[at])) + ".";
  return out;
}

class Answers : public ::testing::Test {
 protected:
  Answers() {
    for (const char* ns : {"default", "empty"}) zone.setNamespace(ns);
    zone.setService("default", "web", recordsOf(service("10.96.0.20", {{"http", 80}, {"", 81}}).reader(), {}));
    auto dual = service("10.96.0.21");
    dual->getSpec().initClusterIPs(2).set(0, "10.96.0.21");
    dual->getSpec().getClusterIPs().set(1, "fd00::21");
    zone.setService("default", "dual", recordsOf(dual.reader(), {}));
    const std::vector<Object<EndpointSlice>> slices{
        slice({{"10.244.0.5", "one", true}, {"10.244.0.6", "", true}, {"10.244.0.7", "three", false}})};
    zone.setService("default", "db", recordsOf(service("None").reader(), slices));
    auto eager = service("None");
    eager->getSpec().setPublishNotReadyAddresses(true);
    zone.setService("default", "eager", recordsOf(eager.reader(), slices));
    zone.setService("default", "none", recordsOf(service("None").reader(), {}));
    addAlias("out", "www.example.org");
    addAlias("in", "Web.default.svc.cluster.local");
    addAlias("lost", "gone.default.svc.cluster.local");
    addAlias("loop", "loop.default.svc.cluster.local");
    zone.addPod("default", *parseAddress("10.244.0.5"));
    zone.addPod("default", *parseAddress("fd00::5"));
  }

  void addAlias(const char* name, const char* target) {
    Draft<Service> draft;
    draft->initSpec().setType("ExternalName");
    draft->getSpec().setExternalName(target);
    zone.setService("default", name, recordsOf(draft.reader(), {}));
  }

  // "RCODE: DATA, DATA; +ADDITIONAL" of the zone's own; "forward" and "follow NAME" for what is asked elsewhere.
  std::string ask(const std::string& name, uint16_t type = kTypeA) {
    Found found = zone.find({*parseName(name), type, kClassIn});
    if (found.kind == Found::Kind::elsewhere) return "forward";
    std::string out = found.kind == Found::Kind::noName ? "no name" : "answer";
    std::vector<std::string> texts;
    for (const Record& record : found.answers) texts.push_back(rdataText(record));
    std::ranges::sort(texts);
    for (const std::string& text : texts) out += " " + text;
    for (const Record& record : found.additional) out += concat(" +", textOf(*record.owner), "=", rdataText(record));
    for (const Record& record : found.authority) out += concat(" ", textOf(*record.owner), "=", rdataText(record));
    if (found.follow) out += concat(" follow ", textOf(*found.follow));
    return out;
  }

  Zone zone{{.domain = {"cluster", "local"},
             .address = parseAddress("10.96.0.10"),
             .ttl = 5,
             .ranges = {{*parseAddress("10.96.0.0"), 16}}}};
};

struct Case {
  std::string name;
  uint16_t type;
  std::string expected;
};

const std::string end = ".default.svc.cluster.local";
const std::string noName = "no name cluster.local=soa", noData = "answer cluster.local=soa";
const std::vector<Case> cases{
    {"web" + end, kTypeA, "answer 10.96.0.20"},
    {"WEB.Default.SVC.cluster.LOCAL", kTypeA, "answer 10.96.0.20"},
    {"web" + end, kTypeAaaa, noData},
    {"web" + end, kTypeAny, "answer 10.96.0.20"},
    {"dual" + end, kTypeAaaa, "answer fd00::21"},
    {"_http._tcp.web" + end, kTypeSrv, "answer 0 100 80 web.default.svc.cluster.local. +web" + end + "=10.96.0.20"},
    {"_http._tcp.web" + end, kTypeA, noData},
    {"_tcp.web" + end, kTypeSrv, noData},
    {"_http._udp.web" + end, kTypeSrv, noName},
    {"_other._tcp.web" + end, kTypeSrv, noName},
    {"x.web" + end, kTypeA, noName},
    {"absent" + end, kTypeA, noName},
    {"web.empty.svc.cluster.local", kTypeA, noName},
    {"web.nowhere.svc.cluster.local", kTypeA, noName},
    {"default.svc.cluster.local", kTypeA, noData},
    {"nowhere.svc.cluster.local", kTypeA, noName},
    {"svc.cluster.local", kTypeA, noData},
    {"other.cluster.local", kTypeA, noName},
    {"cluster.local", kTypeSoa, "answer soa"},
    {"cluster.local", kTypeNs, "answer ns.dns.cluster.local."},
    {"ns.dns.cluster.local", kTypeA, "answer 10.96.0.10"},
    {"dns-version.cluster.local", kTypeTxt, "answer 1.1.0"},
    {"db" + end, kTypeA, "answer 10.244.0.5 10.244.0.6"},
    {"one.db" + end, kTypeA, "answer 10.244.0.5"},
    {"three.db" + end, kTypeA, noName},
    {"10-244-0-6.db" + end, kTypeA, "answer 10.244.0.6"},
    {"_http._tcp.db" + end, kTypeSrv,
     "answer 0 50 8080 10-244-0-6.db.default.svc.cluster.local. 0 50 8080 one.db.default.svc.cluster.local."
     " +10-244-0-6.db" +
         end + "=10.244.0.6 +one.db" + end + "=10.244.0.5"},
    {"eager" + end, kTypeA, "answer 10.244.0.5 10.244.0.6 10.244.0.7"},
    {"none" + end, kTypeA, noData},
    {"out" + end, kTypeA, "answer www.example.org. follow www.example.org"},
    {"out" + end, kTypeCname, "answer www.example.org."},
    {"in" + end, kTypeA, "answer 10.96.0.20 Web.default.svc.cluster.local."},
    {"lost" + end, kTypeA, "no name gone.default.svc.cluster.local. cluster.local=soa"},
    {"10-244-0-5.default.pod.cluster.local", kTypeA, "answer 10.244.0.5"},
    {"fd00--5.default.pod.cluster.local", kTypeAaaa, "answer fd00::5"},
    {"10-244-0-9.default.pod.cluster.local", kTypeA, noName},
    {"10-244-0-5.empty.pod.cluster.local", kTypeA, noName},
    {"20.0.96.10.in-addr.arpa", kTypePtr, "answer web.default.svc.cluster.local."},
    {"20.0.96.10.in-addr.arpa", kTypeA, "answer in-addr.arpa=soa"},
    {"99.0.96.10.in-addr.arpa", kTypePtr, "no name in-addr.arpa=soa"},
    {"5.0.244.10.in-addr.arpa", kTypePtr,
     "answer one.db.default.svc.cluster.local. one.eager.default.svc.cluster.local."},
    {"6.0.244.10.in-addr.arpa", kTypePtr, "forward"},
    {"020.0.96.10.in-addr.arpa", kTypePtr, "forward"},
    {"1.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", kTypePtr,
     "answer dual.default.svc.cluster.local."},
    {"example.org", kTypeA, "forward"},
    {"local", kTypeA, "forward"},
    {"xcluster.local", kTypeA, "forward"},
};

TEST_F(Answers, AreThoseOfTheSpecification) {
  for (const Case& each : cases) EXPECT_EQ(ask(each.name, each.type), each.expected) << each.name << " " << each.type;
}

TEST_F(Answers, AliasesOfThemselvesEnd) {
  EXPECT_TRUE(ask("loop.default.svc.cluster.local").starts_with("answer loop."));
}

TEST_F(Answers, FollowTheObjects) {
  zone.setService("default", "web", recordsOf(service("10.96.0.30").reader(), {}));
  EXPECT_EQ(ask("web.default.svc.cluster.local"), "answer 10.96.0.30");
  EXPECT_EQ(ask("20.0.96.10.in-addr.arpa", kTypePtr), "no name in-addr.arpa=soa");
  EXPECT_EQ(ask("30.0.96.10.in-addr.arpa", kTypePtr), "answer web.default.svc.cluster.local.");
  zone.removeService("default", "web");
  EXPECT_EQ(ask("web.default.svc.cluster.local"), "no name cluster.local=soa");
  zone.addPod("default", *parseAddress("10.244.0.5"));
  zone.removePod("default", *parseAddress("10.244.0.5"));
  EXPECT_EQ(ask("10-244-0-5.default.pod.cluster.local"), "answer 10.244.0.5") << "another pod has it still";
  zone.removeNamespace("default");
  EXPECT_EQ(ask("dual.default.svc.cluster.local"), "no name cluster.local=soa");
}

TEST_F(Answers, AreCompletedByTheUpstreams) {
  const Query asked;
  const std::string query = writeQuery(9, asked, {{"Out", "default", "svc", "cluster", "local"}, kTypeA, kClassIn});
  Decision decision = decide(zone, query, Transport::udp);
  ASSERT_EQ(decision.kind, Decision::Kind::forward);
  EXPECT_EQ(decision.ask.name, (Name{"www", "example", "org"}));
  Query there{.id = 77, .hasQuestion = true, .question = decision.ask};
  Reply theirs{.answers = {{std::nullopt, kTypeA, 60, "\1\2\3\4"}}};
  auto response = parseResponse(complete(decision, writeReply(there, theirs, kPlainUdpBytes)));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->id, 9);
  EXPECT_EQ(response->question.name.front(), "Out");
  ASSERT_EQ(response->addresses.size(), 2u);
  EXPECT_EQ(rdataText(response->addresses[0]), "www.example.org.");
  EXPECT_EQ(rdataText(response->addresses[1]), "1.2.3.4");
  response = parseResponse(complete(decision, std::nullopt));
  EXPECT_EQ(response->rcode(), Rcode::serverFailure);
}

TEST_F(Answers, RefuseWhatIsNotAskedHere) {
  const Query asked;
  auto rcode = [&](Question question) {
    Decision decision = decide(zone, writeQuery(9, asked, question), Transport::udp);
    return parseResponse(decision.reply)->rcode();
  };
  EXPECT_EQ(rcode({{"cluster", "local"}, kTypeAxfr, kClassIn}), Rcode::refused);
  EXPECT_EQ(rcode({{"version", "bind"}, kTypeTxt, 3}), Rcode::refused);
}

TEST(Upstreams, AreReadFromTexts) {
  EXPECT_EQ(
      nameserversOf("# x\nnameserver 9.9.9.9\nsearch a\nnameserver\tfd00::1 # y\nnameserverx 1.1.1.1\nnameserver z\n"),
      (std::vector<std::string>{"9.9.9.9", "fd00::1"}));
  EXPECT_EQ(parseUpstream("9.9.9.9"), socketAddress(*parseAddress("9.9.9.9"), 53));
  EXPECT_EQ(parseUpstream("9.9.9.9:5353"), socketAddress(*parseAddress("9.9.9.9"), 5353));
  EXPECT_EQ(parseUpstream("fd00::1"), socketAddress(*parseAddress("fd00::1"), 53));
  EXPECT_EQ(parseUpstream("[fd00::1]:5353"), socketAddress(*parseAddress("fd00::1"), 5353));
  for (const char* bad : {"", "x", "9.9.9.9:", "9.9.9.9:0", "[fd00::1", ":53", "[]:53", "9.9.9.9:70000"})
    EXPECT_FALSE(parseUpstream(bad)) << bad;
}

}  // namespace
}  // namespace cleat::dns
