#include "tests/plugins/controller-certificates/certificates_test.h"

namespace cleat::certificates {
namespace {

struct KeptCase {
  const char* what;
  const char* condition;  // nullptr: nobody decides
  std::optional<int32_t> seconds;
  std::chrono::minutes kept;
};
void PrintTo(const KeptCase& kept, std::ostream* out) { *out << kept.what; }
class Kept : public CertificatesTest, public testing::WithParamInterface<KeptCase> {};
TEST_P(Kept, RequestsAreForgottenInTime) {
  start();
  put({.groups = {"system:authenticated"}}, GetParam().seconds);
  if (GetParam().condition) decide(GetParam().condition);
  host.advance(GetParam().kept - std::chrono::seconds(1));
  EXPECT_TRUE(isThere());
  host.advance(std::chrono::seconds(1));
  EXPECT_FALSE(isThere());
}
INSTANTIATE_TEST_SUITE_P(All, Kept,
                         testing::Values(KeptCase{"issued", "Approved", {}, std::chrono::minutes(60)},
                                         KeptCase{"issued for a short time", "Approved", 1200,
                                                  std::chrono::minutes(20)},
                                         KeptCase{"denied", "Denied", {}, std::chrono::minutes(60)},
                                         KeptCase{"failed", "Failed", {}, std::chrono::minutes(60)},
                                         KeptCase{"pending", nullptr, {}, std::chrono::hours(24)}));

TEST_F(CertificatesTest, AnotherSignerHasADayToSignWhatIsApproved) {
  start();
  put({.signer = "example.com/mine"});
  host.advance(std::chrono::hours(20));
  decide("Approved");
  host.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  EXPECT_TRUE(isThere());
  host.advance(std::chrono::seconds(1));
  EXPECT_FALSE(isThere());
}

// Whoever signs it, and whatever has become of it.
TEST_F(CertificatesTest, ARequestOfAPodIsKeptForAQuarterOfAnHour) {
  using certificates_v1::PodCertificateRequest;
  start();
  for (const char* condition : {"", "Issued", "Denied"}) {
    auto draft = test::named<PodCertificateRequest>("default", "req-web-1");
    draft->initSpec().setSignerName("example.com/signer");
    if (*condition != 0) {
      auto said = draft->initStatus().initConditions(1)[0];
      said.setType(condition);
      said.setStatus("True");
    }
    host.put(std::move(draft));
    host.settle();
    host.advance(std::chrono::minutes(15) - std::chrono::seconds(1));
    EXPECT_EQ(host.list<PodCertificateRequest>("default").size(), 1u) << condition;
    host.advance(std::chrono::seconds(2));
    EXPECT_TRUE(host.list<PodCertificateRequest>("default").empty()) << condition;
  }
}

}  // namespace
}  // namespace cleat::certificates
