// SPDX-License-Identifier: Apache-2.0
// Signed URLs that expire: who may ask for a fresh one, and with what.
#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

constexpr size_t kMiB = 1 << 20;
constexpr const char* kResolve = "https://www.hub.test/acme/model/resolve/main/f.bin";
constexpr const char* kBatch = "https://www.hub.test/acme/model.git/info/lfs/objects/batch";

class FetchUrls : public FetchFixture {
 protected:
  hub::SharedGrant resolve_grant(const std::string& token, const std::string& url = kResolve) {
    return hub::make_grant({{"Authorization", "Bearer " + token}, {"Cookie", "c=" + token}}, hub::ResolveRequest{url});
  }
  hub::SharedGrant batch_grant(const std::string& token) {
    return hub::make_grant({{"Authorization", "Basic " + token}},
                           hub::LfsRequest{kBatch, sha256(bytes_), bytes_.size()});
  }
  JoinRequest request_with(hub::SharedGrant grant) {
    auto request = request_for(bytes_);
    request.grant = std::move(grant);
    return request;
  }

  Reply redirect(const std::string& location = "https://cdn.hub.test/xet/fresh?Signature=second",
                 const std::string& of = "") {
    const auto& named = of.empty() ? bytes_ : of;
    return status(302, "Location: " + location + "\r\nX-Linked-ETag: \"" + sha256(named).hex() +
                           "\"\r\nX-Linked-Size: " + std::to_string(named.size()) + "\r\n");
  }
  Reply batch_answer(const std::string& href, const std::string& of = "") {
    const auto& named = of.empty() ? bytes_ : of;
    auto body = R"({"transfer":"basic","objects":[{"oid":")" + sha256(named).hex() + R"(","size":)" +
                std::to_string(named.size()) + R"(,"actions":{"download":{"href":")" + href + R"("}}}]})";
    return text("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.git-lfs+json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static std::string line_of(const std::string& head) { return head.substr(0, head.find("\r\n")); }

  std::string bytes_ = some_bytes(2 * kMiB + 5);
};

class Expired : public FetchUrls, public testing::WithParamInterface<int> {};

TEST_P(Expired, urls_are_refreshed_by_the_request_that_was_permitted) {
  cdn(status(GetParam()));
  hub(redirect());
  cdn(file(bytes_));
  auto client = fetch(request_with(resolve_grant("alice")));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(table().counters().urls_refreshed, 1U);
  ASSERT_EQ(hub_requests().size(), 1U);
  auto asked = hub_requests()[0];
  EXPECT_EQ(line_of(asked), "HEAD /acme/model/resolve/main/f.bin HTTP/1.1");
  EXPECT_EQ(field_of(asked, "Authorization"), "Bearer alice");
  EXPECT_EQ(field_of(asked, "Cookie"), "c=alice");
  EXPECT_EQ(field_of(asked, "Range"), "");
  EXPECT_EQ(field_of(asked, "Via"), "1.1 weir-test");
  ASSERT_EQ(cdn_requests().size(), 2U);
  EXPECT_EQ(line_of(cdn_requests()[1]), "GET /xet/fresh?Signature=second HTTP/1.1");
  for (const auto& head : cdn_requests()) {
    EXPECT_EQ(field_of(head, "Authorization"), "");
    EXPECT_EQ(field_of(head, "Cookie"), "");
  }
}

INSTANTIATE_TEST_SUITE_P(, Expired, testing::Values(401, 403, 410), testing::PrintToStringParamName());

TEST_F(FetchUrls, urls_are_refreshed_by_the_batch_that_was_permitted) {
  cdn(status(403));
  hub(batch_answer("https://cdn.hub.test/xet/fresh?Signature=second"));
  cdn(file(bytes_));
  auto client = fetch(request_with(batch_grant("alice")));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  ASSERT_EQ(hub_requests().size(), 1U);
  auto asked = hub_requests()[0];
  EXPECT_EQ(line_of(asked), "POST /acme/model.git/info/lfs/objects/batch HTTP/1.1");
  EXPECT_EQ(field_of(asked, "Authorization"), "Basic alice");
  EXPECT_EQ(field_of(asked, "Content-Type"), "application/vnd.git-lfs+json");
  EXPECT_EQ(field_of(asked, "Accept"), "application/vnd.git-lfs+json");
  EXPECT_NE(asked.find("\"oid\":\"" + sha256(bytes_).hex() + "\""), std::string::npos) << asked;
  EXPECT_EQ(line_of(cdn_requests()[1]), "GET /xet/fresh?Signature=second HTTP/1.1");
}

TEST_F(FetchUrls, a_url_that_expires_in_the_middle_costs_no_byte_twice) {
  cdn(cut_file(bytes_, kMiB));
  cdn(status(403));
  hub(redirect());
  cdn(file(bytes_));
  auto client = fetch(request_with(resolve_grant("alice")));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_EQ(field_of(cdn_requests()[2], "Range"), "bytes=" + std::to_string(kMiB) + "-");
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

TEST_F(FetchUrls, the_grant_of_a_client_that_has_left_still_counts) {
  auto gate = this->gate();
  cdn([=, this](fakes::TlsConnection& connection, const std::string& head) {
    gate->wait();
    return status(403)(connection, head);
  });
  hub(redirect());
  cdn(file(bytes_));
  auto client = join(request_with(resolve_grant("alice")));
  ASSERT_TRUE(wait_until([&] { return gate->reached() && client->progress; }));
  client.reset();
  gate->open();
  ASSERT_TRUE(wait_until([&] { return is_stored(bytes_); }));
  EXPECT_EQ(field_of(hub_requests()[0], "Authorization"), "Bearer alice");
}

TEST_F(FetchUrls, the_url_of_a_client_that_came_later_is_fresher) {
  auto gate = this->gate();
  cdn([=, this](fakes::TlsConnection& connection, const std::string& head) {
    gate->wait();
    return status(403)(connection, head);
  });
  cdn(file(bytes_));
  auto first = join(request_with(resolve_grant("alice")));
  ASSERT_TRUE(wait_until([&] { return gate->reached(); }));
  auto later = request_with(resolve_grant("bob"));
  later.source = http::parse_url("https://cdn.hub.test/xet/later?Signature=third").value();
  auto second = join(later);
  ASSERT_TRUE(wait_until([&] { return second->progress != nullptr; }));
  gate->open();
  ASSERT_TRUE(wait_until([&] { return second->verified(); }));
  EXPECT_EQ(hub_requests().size(), 0U);
  EXPECT_EQ(line_of(cdn_requests()[1]), "GET /xet/later?Signature=third HTTP/1.1");
}

// --- grants that are accepted no more

TEST_F(FetchUrls, any_of_the_grants_will_do) {
  auto gate = this->gate();
  cdn([=, this](fakes::TlsConnection& connection, const std::string& head) {
    gate->wait();
    return status(403)(connection, head);
  });
  hub(status(403));
  hub(status(401));
  hub(redirect());
  cdn(file(bytes_));
  std::vector<std::unique_ptr<FetchClient>> clients;
  for (auto* token : {"alice", "bob", "carol"}) {
    clients.push_back(join(request_with(resolve_grant(token))));
    ASSERT_TRUE(wait_until([&] { return clients.back()->progress != nullptr; }));
  }
  gate->open();
  ASSERT_TRUE(wait_until([&] { return clients[0]->ended(); }));
  EXPECT_TRUE(clients[0]->verified()) << clients[0]->progress->failure().message;
  ASSERT_EQ(hub_requests().size(), 3U);
  EXPECT_EQ(field_of(hub_requests()[0], "Authorization"), "Bearer carol");
  EXPECT_EQ(field_of(hub_requests()[1], "Authorization"), "Bearer bob");
  EXPECT_EQ(field_of(hub_requests()[2], "Authorization"), "Bearer alice");
}

TEST_F(FetchUrls, a_refused_grant_is_not_asked_with_again) {
  cdn(cut_file(bytes_, kMiB));
  cdn(status(403));
  cdn(status(403));
  hub(status(403));
  hub(redirect());
  hub(redirect("https://cdn.hub.test/xet/fresh?Signature=third"));
  cdn(file(bytes_));
  auto first = join(request_with(resolve_grant("alice")));
  auto second = join(request_with(resolve_grant("bob")));
  ASSERT_TRUE(wait_until([&] { return first->ended() && second->ended(); }));
  ASSERT_TRUE(first->verified()) << first->progress->failure().message;
  ASSERT_EQ(hub_requests().size(), 3U);
  EXPECT_NE(field_of(hub_requests()[0], "Authorization"), field_of(hub_requests()[1], "Authorization"));
  EXPECT_EQ(field_of(hub_requests()[1], "Authorization"), field_of(hub_requests()[2], "Authorization"));
}

class NoGrantIsAccepted : public FetchUrls, public testing::WithParamInterface<int> {};

TEST_P(NoGrantIsAccepted, and_the_fetch_stops_and_keeps_its_bytes) {
  cdn(cut_file(bytes_, kMiB));
  cdn(status(403));
  hub(status(GetParam()));
  auto client = fetch(request_with(resolve_grant("alice")));
  ASSERT_TRUE(client->failed());
  EXPECT_EQ(client->progress->failure().status, 502);
  EXPECT_NE(client->progress->failure().message.find("permits"), std::string::npos)
      << client->progress->failure().message;
  EXPECT_EQ(cdn_requests().size(), 2U);
  EXPECT_EQ(hub_requests().size(), 1U);
  client.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  // A client that is permitted later goes on from there.
  cdn(file(bytes_));
  auto next = fetch(request_with(resolve_grant("bob")));
  EXPECT_TRUE(next->verified()) << next->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[2], "Range"), "bytes=" + std::to_string(kMiB) + "-");
}

INSTANTIATE_TEST_SUITE_P(, NoGrantIsAccepted, testing::Values(401, 403, 404), testing::PrintToStringParamName());

TEST_F(FetchUrls, without_a_grant_an_expired_url_is_the_end) {
  cdn(status(403));
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->failed());
  EXPECT_EQ(hub_requests().size(), 0U);
}

TEST_F(FetchUrls, what_the_hub_names_must_be_this_file_at_an_intercepted_host) {
  const std::string fresh = "https://cdn.hub.test/xet/fresh?Signature=second";
  const std::string other = some_bytes(100, 9);
  struct Named {
    hub::SharedGrant grant;
    Reply reply;
  };
  std::vector<Named> all = {{resolve_grant("a"), redirect(fresh, other)},
                            {resolve_grant("a"), redirect("https://cdn.example.org/f?Signature=s")},
                            {resolve_grant("a"), redirect("http://cdn.hub.test/f?Signature=s")},
                            {resolve_grant("a"), redirect("https://cdn.hub.test:8443/f?Signature=s")},
                            {resolve_grant("a"), status(200)},
                            {batch_grant("a"), batch_answer(fresh, other)},
                            {batch_grant("a"), batch_answer("https://cdn.example.org/f?Signature=s")},
                            {batch_grant("a"), batch_answer("http://cdn.hub.test/f")},
                            {batch_grant("a"), status(200)}};
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    cdn(status(403));
    hub(all[i].reply);
    auto client = fetch(request_with(all[i].grant));
    EXPECT_TRUE(client->failed());
    client.reset();
    ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
    EXPECT_EQ(cdn_requests().size(), i + 1);
    EXPECT_EQ(hub_requests().size(), i + 1);
  }
}

// --- trouble at the hub

TEST_F(FetchUrls, a_hub_in_trouble_is_asked_again_with_the_same_grant) {
  cdn(status(403));
  hub(status(503));
  cdn(status(403));
  hub(status(429));
  cdn(status(403));
  hub(redirect());
  cdn(file(bytes_));
  auto client = fetch(request_with(resolve_grant("alice")));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(hub_requests().size(), 3U);
}

TEST_F(FetchUrls, urls_that_are_all_refused_end_the_fetch) {
  setup_.options.max_retries = 3;
  cdn_always(status(403));
  for (int i = 0; i < 20; ++i) hub(redirect());
  auto client = fetch(request_with(resolve_grant("alice")));
  ASSERT_TRUE(client->failed());
  EXPECT_EQ(hub_requests().size(), 3U);
  EXPECT_EQ(cdn_requests().size(), 4U);
}

}  // namespace
}  // namespace weir::upstream
