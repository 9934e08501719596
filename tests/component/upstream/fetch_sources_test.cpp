// SPDX-License-Identifier: Apache-2.0
// Several sources fill one blob: who is asked, what with, and what becomes of sources that do not give it.
#include <gmock/gmock.h>

#include <atomic>
#include <ostream>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr size_t kMiB = 1 << 20;
constexpr const char* kNas = "nas.hub.test";
constexpr const char* kMirror = "mirror.hub.test";
constexpr const char* kResolve = "https://www.hub.test/acme/model/resolve/main/f.bin";

class FetchSourcesTest : public FetchFixture {
 protected:
  FetchSourcesTest() { setup_.options.piece_size = kMiB; }

  // A web server that holds blobs by their sha256.
  static SourceOptions web(const std::string& host) {
    SourceOptions source;
    source.name = host;
    source.kind = SourceKind::storj;
    source.url = Secret("https://" + host + "/blobs");
    source.place = host;
    source.share_private = true;
    return source;
  }
  static SourceOptions mirror() {
    auto source = web(kMirror);
    source.kind = SourceKind::mirror;
    source.url = Secret(std::string("https://") + kMirror);
    return source;
  }
  void add(SourceOptions source) { setup_.sources.push_back(std::move(source)); }
  SourceReport report(const std::string& name) {
    for (auto& report : table().sources().reports(monotonic_now()))
      if (report.name == name) return report;
    return {};
  }
  JoinRequest request_with_token() {
    auto request = request_for(bytes_);
    request.grant = hub::make_grant({{"Authorization", "Bearer alice"}}, hub::ResolveRequest{kResolve});
    return request;
  }
  static Reply permitted() { return status(302, "Location: https://cdn.hub.test/f\r\nX-Repo-Commit: 0123\r\n"); }
  static std::string line_of(const std::string& head) { return head.substr(0, head.find("\r\n")); }

  std::string bytes_ = some_bytes(8 * kMiB + 5);
};

TEST_F(FetchSourcesTest, share_a_file_while_the_origin_is_slow) {
  add(web(kNas));
  host_always(kNas, file(bytes_));
  auto gate = this->gate();
  cdn_always(gated_file(bytes_, 10, gate));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate->reached() && report(kNas).bytes >= 7 * kMiB; }));
  // Nobody reads what nobody has vouched for.
  EXPECT_LE(client->held(), 10U);
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->ended(); }));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_LT(table().counters().origin_bytes, 2 * kMiB);
  EXPECT_EQ(report(kNas).state, SourceReport::State::reachable);
  for (const auto& head : requests_to(kNas)) {
    EXPECT_EQ(line_of(head), "GET /blobs/" + sha256(bytes_).hex() + " HTTP/1.1");
    EXPECT_EQ(field_of(head, "If-Range"), "");
    EXPECT_EQ(field_of(head, "Via"), "1.1 weir-test");
  }
}

TEST_F(FetchSourcesTest, that_are_trusted_are_read_at_once) {
  auto nas = web(kNas);
  nas.trusted = true;
  add(nas);
  host_always(kNas, file(bytes_));
  auto gate = this->gate();
  cdn_always([=](fakes::TlsConnection& connection, const std::string& head) {
    gate->wait();
    return status(404)(connection, head);
  });
  auto part = join(request_for(bytes_, {4 * kMiB, 5 * kMiB}));
  ASSERT_TRUE(wait_until([&] { return part->progress && part->progress->readable_from(4 * kMiB) == 5 * kMiB; }));
  EXPECT_TRUE(part->bytes_of({4 * kMiB, 5 * kMiB}) == bytes_.substr(4 * kMiB, kMiB));
}

TEST_F(FetchSourcesTest, stand_in_for_an_origin_that_has_not_got_it) {
  add(web(kNas));
  host_always(kNas, file(bytes_));
  cdn_always(status(404));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
}

// Its bytes are readable only when all are verified, and so all are fetched.
TEST_F(FetchSourcesTest, bring_the_whole_for_a_part_that_no_trusted_one_gives) {
  add(web(kNas));
  host_always(kNas, file(bytes_));
  cdn_always(status(404));
  auto part = fetch(request_for(bytes_, {4 * kMiB, 5 * kMiB}));
  ASSERT_TRUE(part->verified()) << part->progress->failure().message;
  EXPECT_TRUE(is_stored(bytes_));
}

TEST_F(FetchSourcesTest, leave_parts_to_a_trusted_one) {
  add(web(kNas));
  host_always(kNas, file(bytes_));
  cdn_always(file(bytes_));
  auto part = join(request_for(bytes_, {4 * kMiB, 5 * kMiB}));
  ASSERT_TRUE(wait_until([&] { return part->progress && part->progress->readable_from(4 * kMiB) == 5 * kMiB; }));
  EXPECT_THAT(requests_to(kNas), IsEmpty());
}

// Its next bytes are there, but nobody has vouched for them: the origin does, a little at a time.
TEST_F(FetchSourcesTest, keep_no_client_waiting_at_what_is_untrusted) {
  add(web(kNas));
  auto gate = this->gate();
  auto all_but_the_last_piece = [=, this](fakes::TlsConnection& connection, const std::string& head) {
    if (field_of(head, "Range").find("-") == std::string::npos) return false;
    if (field_of(head, "Range").starts_with("bytes=8388608")) gate->wait();
    return file(bytes_)(connection, head);
  };
  host_always(kNas, all_but_the_last_piece);
  cdn_always(all_but_the_last_piece);
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] {
    return gate->reached() && report(kNas).bytes > 0 && report(kNas).bytes + report("origin").bytes == 8 * kMiB;
  }));
  // All that can be has been written.
  auto written = [&] { return client->bytes_of({0, 8 * kMiB}) == bytes_.substr(0, 8 * kMiB); };
  ASSERT_TRUE(wait_until(written));
  auto held = client->held();
  ASSERT_LT(held, 8 * kMiB);
  ASSERT_TRUE(wait_until([&] { return client->held() > held; }));
  EXPECT_FALSE(client->ended());
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->verified(); }));
}

// --- sources that do not give it

struct Trouble {
  const char* name;
  Reply reply;
};

void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.name;
}

class Useless : public FetchSourcesTest, public testing::WithParamInterface<Trouble> {};

TEST_P(Useless, source_costs_no_file) {
  add(web(kNas));
  host_always(kNas, GetParam().reply);
  auto gate = this->gate();
  cdn(gated_file(bytes_, 10, gate));
  cdn_always(file(bytes_));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate->reached() && !requests_to(kNas).empty(); }));
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->ended(); }));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_EQ(report(kNas).blamed, 0U);
}

Reply reset_in_the_middle(size_t size) {
  return [size](fakes::TlsConnection& connection, const std::string& head) {
    cut_file(some_bytes(size), 1000)(connection, head);
    connection.reset();
    return false;
  };
}

INSTANTIATE_TEST_SUITE_P(
    , Useless,
    testing::Values(Trouble{"has_not", status(404)}, Trouble{"refuses", status(403)}, Trouble{"busy", status(429)},
                    Trouble{"unavailable", status(503, "Retry-After: 1\r\n")},
                    Trouble{"page", text("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno")},
                    Trouble{"listing", status(303, "Location: /blobs/\r\n")},
                    Trouble{"another_length", text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
                    Trouble{"ignores_range",
                            text("HTTP/1.1 200 OK\r\nContent-Length: 8388613\r\n\r\n" + some_bytes(8 * kMiB + 5))},
                    Trouble{"to_plain_http", status(302, "Location: http://other.hub.test/b\r\n")},
                    Trouble{"resets", reset_in_the_middle(8 * kMiB + 5)}),
    [](const auto& tested) { return tested.param.name; });

// It has the piece, and does not go on with it.
TEST_F(FetchSourcesTest, that_fall_silent_lose_their_piece) {
  setup_.options.stall_timeout = Duration(1'000);
  add(web(kNas));
  host_always(kNas, gated_file(bytes_, kMiB + 10, this->gate()));
  cdn_always(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_GT(report(kNas).bytes, 0U);
}

// --- who learns what

TEST_F(FetchSourcesTest, are_asked_for_what_everybody_may_read) {
  auto nas = web(kNas);
  nas.share_private = false;
  add(nas);
  host_always(kNas, file(bytes_));
  hub(permitted());
  cdn_always(status(404));
  auto client = fetch(request_with_token());
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  ASSERT_THAT(hub_requests(), SizeIs(1));
  EXPECT_EQ(line_of(hub_requests()[0]), "HEAD /acme/model/resolve/main/f.bin HTTP/1.1");
  EXPECT_EQ(field_of(hub_requests()[0], "Authorization"), "");
  for (const auto& head : requests_to(kNas)) {
    EXPECT_EQ(field_of(head, "Authorization"), "");
    EXPECT_THAT(head, Not(testing::HasSubstr("acme")));
  }
}

TEST_F(FetchSourcesTest, hear_nothing_of_what_is_private) {
  auto nas = web(kNas);
  nas.share_private = false;
  add(nas);
  host_always(kNas, file(bytes_));
  hub(status(401));
  cdn_always(file(bytes_));
  auto client = fetch(request_with_token());
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  // Without a name at the hub nothing is known to be public.
  auto other = some_bytes(kMiB, 2);
  cdn_always(file(other));
  EXPECT_TRUE(fetch(other)->verified());
  EXPECT_THAT(requests_to(kNas), IsEmpty());
}

class Tokens : public FetchSourcesTest, public testing::WithParamInterface<bool> {};

TEST_P(Tokens, go_to_a_mirror_when_it_is_to_have_them) {
  auto source = mirror();
  source.send_token = GetParam();
  add(source);
  // Whom it redirects to gets none.
  host_always(kMirror, status(302, "Location: https://files.hub.test/moved\r\nX-Linked-ETag: \"" +
                                       sha256(bytes_).hex() + "\"\r\n"));
  host_always("files.hub.test", file(bytes_));
  cdn_always(status(404));
  auto client = fetch(request_with_token());
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  ASSERT_THAT(requests_to(kMirror), Not(IsEmpty()));
  for (const auto& head : requests_to(kMirror)) {
    EXPECT_EQ(line_of(head), "GET /acme/model/resolve/main/f.bin HTTP/1.1");
    EXPECT_EQ(field_of(head, "Authorization"), GetParam() ? "Bearer alice" : "");
  }
  for (const auto& head : requests_to("files.hub.test")) EXPECT_EQ(field_of(head, "Authorization"), "");
}

INSTANTIATE_TEST_SUITE_P(, Tokens, testing::Bool(), testing::PrintToStringParamName());

// --- limits

class Rates : public FetchSourcesTest, public testing::WithParamInterface<bool> {};

TEST_P(Rates, are_kept) {
  auto nas = web(kNas);
  auto& rate = GetParam() ? nas.rate : setup_.options.max_rate;
  rate = 4 * kMiB;
  add(nas);
  host_always(kNas, file(bytes_));
  cdn_always(status(404));
  auto begun = monotonic_now();
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  // The first second's worth may come at once.
  EXPECT_GE(monotonic_now() - begun, Duration(900));
}

INSTANTIATE_TEST_SUITE_P(, Rates, testing::Bool(), testing::PrintToStringParamName());

TEST_F(FetchSourcesTest, bring_all_where_the_origin_is_switched_off) {
  setup_.sources.front().enabled = false;
  cdn_always(file(bytes_));
  auto refused = fetch(some_bytes(kMiB, 2));
  ASSERT_TRUE(refused->failed());
  EXPECT_EQ(refused->progress->failure().message, "The source origin is switched off.");
  refused.reset();
  end_table();
  add(web(kNas));
  host_always(kNas, file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_THAT(cdn_requests(), IsEmpty());
}

TEST_F(FetchSourcesTest, that_are_switched_off_are_not_asked) {
  auto nas = web(kNas);
  nas.enabled = false;
  add(nas);
  cdn_always(file(bytes_));
  EXPECT_TRUE(fetch(bytes_)->verified());
  EXPECT_THAT(requests_to(kNas), IsEmpty());
}

// The operator has found out something about it while it sends.
TEST_F(FetchSourcesTest, that_are_trusted_no_longer_are_let_go) {
  auto nas = web(kNas);
  nas.trusted = true;
  add(nas);
  auto let_go = std::make_shared<std::atomic<bool>>(false);
  host_always(kNas, stuck_file(bytes_, let_go));
  auto gate = this->gate();
  cdn_always(gated_file(bytes_, 10, gate));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return report(kNas).bytes > 0; }));
  nas.trusted = false;
  table().use(setup_.options, setup_.is_intercepted, {origin_source(), nas});
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->ended(); }));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(wait_until([&] { return let_go->load(); }));
  EXPECT_EQ(report(kNas).errors, 0U);
}

}  // namespace
}  // namespace weir::upstream
