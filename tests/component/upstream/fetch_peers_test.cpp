// SPDX-License-Identifier: Apache-2.0
// Other Weirs as sources of a fetch: what they are asked, and when.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <mutex>

#include "peer/runs.h"
#include "tests/component/peer/tls_end.h"
#include "tests/component/upstream/fetch_fixture.h"
#include "upstream/peer_tls.h"

namespace weir::upstream {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr size_t kMiB = 1 << 20;
constexpr const char* kName = "lab";

// One Weir that this one is paired with.
class OnePeer : public Peers {
 public:
  OnePeer(SourceOptions source, std::shared_ptr<const PeerTls> tls)
      : sources_(std::make_shared<const std::vector<SourceOptions>>(1, std::move(source))), tls_(std::move(tls)) {}
  Sources sources() override { return sources_; }
  std::shared_ptr<const PeerTls> tls_of(const SourceOptions&) override { return tls_; }

 private:
  Sources sources_;
  std::shared_ptr<const PeerTls> tls_;
};

class FetchPeersTest : public FetchFixture {
 protected:
  FetchPeersTest() {
    setup_.options.piece_size = kMiB;
    auto context = peer::server_context();
    EXPECT_TRUE(peer::configure_server(context.get(), host_));
    end_ = std::make_unique<peer::TlsEnd>(context, [this](ssl_st* ssl) { serve(ssl); });
    source_.name = kName;
    source_.kind = SourceKind::peer;
    source_.place = "127.0.0.1:" + std::to_string(end_->port());
    source_.url = Secret("https://" + source_.place);
    source_.share_private = true;
  }

  // From the first use of table() on.
  void pair() {
    setup_.peers = std::make_shared<OnePeer>(source_, std::make_shared<const PeerTls>(guest_, host_.spki));
  }
  void pair_with_nobody() { setup_.peers = std::make_shared<OnePeer>(source_, nullptr); }
  // What the peer has got by now.
  void has(std::vector<ByteRange> runs) {
    std::lock_guard lock(mutex_);
    runs_ = std::move(runs);
  }
  std::vector<std::string> asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  SourceReport report() {
    for (auto& report : table().sources().reports(monotonic_now()))
      if (report.name == kName) return report;
    return {};
  }

  std::string bytes_ = some_bytes(4 * kMiB + 5);
  SourceOptions source_;

 private:
  // Until the client goes; on the server's threads.
  void serve(ssl_st* ssl) {
    for (auto head = peer::read_head(ssl); !head.empty(); head = peer::read_head(ssl))
      peer::write_text(ssl, answer(head));
  }

  std::string answer(const std::string& head) {
    std::lock_guard lock(mutex_);
    asked_.push_back(head.substr(0, head.find('/')) + field_of(head, "Range"));
    if (head.find("/-/blob/sha256/" + sha256(bytes_).hex()) == std::string::npos) return "";
    if (runs_.empty()) return "HTTP/1.1 404 -\r\nContent-Length: 0\r\n\r\n";
    auto runs = "Weir-Ranges: " + peer::format_runs(runs_) + "\r\n\r\n";
    auto length = [](size_t size) { return "Content-Length: " + std::to_string(size) + "\r\n"; };
    if (head.starts_with("HEAD")) return "HTTP/1.1 200 -\r\n" + length(bytes_.size()) + runs;
    auto range = asked_range(field_of(head, "Range"));
    if (!peer::covers(runs_, range)) return "HTTP/1.1 416 -\r\n" + length(0) + runs;
    auto body = bytes_.substr(range.begin, range.size());
    if (body.size() == bytes_.size()) return "HTTP/1.1 200 -\r\n" + length(body.size()) + runs + body;
    return "HTTP/1.1 206 -\r\nContent-Range: bytes " + std::to_string(range.begin) + "-" +
           std::to_string(range.end - 1) + "/" + std::to_string(bytes_.size()) + "\r\n" + length(body.size()) + runs +
           body;
  }

  ByteRange asked_range(const std::string& field) const {
    unsigned long long first = 0, last = bytes_.size() - 1;
    std::sscanf(field.c_str(), "bytes=%llu-%llu", &first, &last);
    return {first, last + 1};
  }

  const peer::Identity host_ = peer::Identity::make().value();
  const peer::Identity guest_ = peer::Identity::make().value();
  std::mutex mutex_;
  std::vector<ByteRange> runs_;     // guarded by mutex_
  std::vector<std::string> asked_;  // guarded by mutex_
  std::unique_ptr<peer::TlsEnd> end_;
};

TEST_F(FetchPeersTest, give_what_the_origin_does_not) {
  pair();
  has({{0, bytes_.size()}});
  cdn_always(status(404));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_EQ(client->progress->sources(), kName);
  EXPECT_EQ(report().state, SourceReport::State::reachable);
  EXPECT_EQ(report().bytes, bytes_.size());
}

TEST_F(FetchPeersTest, are_asked_for_what_they_have_and_for_nothing_else) {
  pair();
  has({{2 * kMiB, 3 * kMiB}});
  auto gate = this->gate();
  cdn_always(gated_file(bytes_, 10, gate));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return report().bytes == kMiB; }));
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->ended(); }));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_THAT(asked(), Contains(StartsWith("HEAD")));
  EXPECT_THAT(asked(), Each(AnyOf(StartsWith("HEAD"), Eq("GET bytes=2097152-3145727"))));
}

// It gets the file at the same time.
TEST_F(FetchPeersTest, are_asked_again_while_they_have_a_part) {
  pair();
  has({{2 * kMiB, 3 * kMiB}});
  auto gate = this->gate();
  cdn_always(gated_file(bytes_, 10, gate));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return report().bytes == kMiB; }));
  has({{kMiB, bytes_.size()}});
  ASSERT_TRUE(wait_until([&] { return report().bytes >= 2 * kMiB; }));
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->ended(); }));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_LT(table().counters().origin_bytes, 3 * kMiB);
}

TEST_F(FetchPeersTest, that_have_nothing_are_asked_for_nothing) {
  pair();
  cdn_always(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified());
  EXPECT_THAT(asked(), Each(StartsWith("HEAD")));
  EXPECT_EQ(report().errors, 0U);
}

TEST_F(FetchPeersTest, learn_nothing_of_what_is_private) {
  source_.share_private = false;
  pair();
  has({{0, bytes_.size()}});
  hub(status(401));
  cdn_always(file(bytes_));
  auto request = request_for(bytes_);
  request.grant = hub::make_grant({{"Authorization", "Bearer alice"}},
                                  hub::ResolveRequest{"https://www.hub.test/acme/model/resolve/main/f.bin"});
  ASSERT_TRUE(fetch(std::move(request))->verified());
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(FetchPeersTest, are_known_by_their_key) {
  pair_with_nobody();
  has({{0, bytes_.size()}});
  cdn_always(file(bytes_));
  ASSERT_TRUE(fetch(bytes_)->verified());
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_THAT(report().trouble, HasSubstr("not paired"));
}

}  // namespace
}  // namespace weir::upstream
