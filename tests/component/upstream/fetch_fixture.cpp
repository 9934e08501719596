// SPDX-License-Identifier: Apache-2.0
#include "tests/component/upstream/fetch_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "http/head.h"
#include "http/range.h"

namespace weir::upstream {
namespace {

constexpr size_t kDiskThreads = 2;
constexpr const char* kHub = "www.hub.test";

// What the request asks for of a file: its Range, or all.
ByteRange asked_range(const std::string& head, size_t size) {
  auto specs = http::parse_range(field_of(head, "Range"));
  return specs.size() == 1 ? specs[0].within(size).value() : ByteRange{0, size};
}

std::string head_for(ByteRange range, size_t size) {
  auto length = "Content-Length: " + std::to_string(range.size()) + "\r\n\r\n";
  if (range == ByteRange{0, size}) return "HTTP/1.1 200 OK\r\n" + length;
  return "HTTP/1.1 206 Partial Content\r\nContent-Range: " + http::content_range(range, size) + "\r\n" + length;
}

std::string_view part_of(const std::string& bytes, uint64_t begin, uint64_t end) {
  return std::string_view(bytes).substr(begin, end - begin);
}

}  // namespace

void Gate::open() {
  std::lock_guard lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

void Gate::wait() {
  std::unique_lock lock(mutex_);
  reached_ = true;
  opened_.wait(lock, [this] { return open_; });
}

bool Gate::reached() const {
  std::lock_guard lock(mutex_);
  return reached_;
}

Reply file(const std::string& bytes) {
  return cut_file(bytes, bytes.size());
}

Reply cut_file(const std::string& bytes, size_t after) {
  return [bytes, after](fakes::TlsConnection& connection, const std::string& head) {
    auto range = asked_range(head, bytes.size());
    bool cut = after < range.size();
    auto end = cut ? range.begin + after : range.end;
    bool there = connection.write(head_for(range, bytes.size())) && connection.write(part_of(bytes, range.begin, end));
    if (cut) connection.close_without_notify();
    return there && !cut;
  };
}

Reply gated_file(const std::string& bytes, size_t from, const std::shared_ptr<Gate>& gate) {
  return [=](fakes::TlsConnection& connection, const std::string& head) {
    auto range = asked_range(head, bytes.size());
    auto middle = std::clamp<uint64_t>(from, range.begin, range.end);
    connection.write(head_for(range, bytes.size()));
    connection.write(part_of(bytes, range.begin, middle));
    gate->wait();
    return connection.write(part_of(bytes, middle, range.end));
  };
}

Reply stuck_file(const std::string& bytes, const std::shared_ptr<std::atomic<bool>>& left) {
  return [=](fakes::TlsConnection& connection, const std::string& head) {
    auto range = asked_range(head, bytes.size());
    connection.write(head_for(range, bytes.size()));
    connection.write(part_of(bytes, range.begin, range.begin + 1));
    connection.wait_for_end();
    *left = true;
    return false;
  };
}

Reply text(const std::string& answer) {
  return [answer](fakes::TlsConnection& connection, const std::string&) { return connection.write(answer); };
}

Reply status(int status, const std::string& fields) {
  return text("HTTP/1.1 " + std::to_string(status) + " " + std::string(http::reason_of(status)) + "\r\n" + fields +
              "Content-Length: 0\r\n\r\n");
}

void FetchClient::on_joined(std::shared_ptr<const FetchProgress> its_progress, bool it_started) {
  EXPECT_FALSE(progress) << "joined twice";
  progress = std::move(its_progress);
  started = it_started;
}

void FetchClient::on_progress() {
  EXPECT_TRUE(progress) << "progress before it has joined";
}

std::string FetchClient::bytes_of(ByteRange range) const {
  std::string bytes(range.size(), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    auto offset = static_cast<off_t>(range.begin + filled);
    ssize_t got = ::pread(progress->file()->fd(), bytes.data() + filled, bytes.size() - filled, offset);
    if (got <= 0) return "(unreadable)";
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

FetchFixture::FetchFixture() : store_(cas::BlobStore::open({folder_ / "store"}).value()) {
  fakes::LeafOptions leaf;
  leaf.name = "*.hub.test";
  server_ = std::make_unique<fakes::TlsServer>(ca_.issue(leaf), [this](auto& connection) { serve(connection); });
  setup_.options.retry_delay = Duration(1);
  setup_.origin.connect_to = {"::127.0.0.1:" + std::to_string(server_->port())};
  setup_.trusted_roots = ca_.pem();
  setup_.pseudonym = "weir-test";
  setup_.is_intercepted = [](std::string_view host) { return host.ends_with(".hub.test"); };
}

// What a test's own class holds goes before this class does, and the server's threads may use it.
void FetchFixture::TearDown() {
  end_table();
  for (auto& gate : gates_) gate->open();
  server_.reset();
}

std::shared_ptr<Gate> FetchFixture::gate() {
  return gates_.emplace_back(std::make_shared<Gate>());
}

void FetchFixture::serve(fakes::TlsConnection& connection) {
  for (;;) {
    auto head = connection.read_head();
    if (head.empty()) return;
    auto body = field_of(head, "Content-Length");
    if (!body.empty()) head += connection.read(std::stoul(body));
    if (!next_reply(head)(connection, head)) return;
  }
}

Reply FetchFixture::next_reply(const std::string& head) {
  std::lock_guard lock(mutex_);
  auto host = field_of(head, "Host");
  if (auto other = host_replies_.find(host); other != host_replies_.end()) {
    host_requests_[host].push_back(head);
    return other->second;
  }
  bool is_hub = host == kHub;
  (is_hub ? hub_requests_ : cdn_requests_).push_back(head);
  auto& replies = is_hub ? hub_replies_ : cdn_replies_;
  if (replies.empty()) return is_hub ? status(500) : cdn_always_;
  auto reply = std::move(replies.front());
  replies.pop_front();
  return reply;
}

void FetchFixture::add(Replies& replies, Reply reply) {
  std::lock_guard lock(mutex_);
  replies.push_back(std::move(reply));
}

void FetchFixture::host_always(const std::string& host, Reply reply) {
  std::lock_guard lock(mutex_);
  host_replies_[host] = std::move(reply);
}

std::vector<std::string> FetchFixture::requests_to(const std::string& host) const {
  std::lock_guard lock(mutex_);
  auto found = host_requests_.find(host);
  return found == host_requests_.end() ? std::vector<std::string>() : found->second;
}

void FetchFixture::cdn_always(Reply reply) {
  std::lock_guard lock(mutex_);
  cdn_always_ = std::move(reply);
}

std::vector<std::string> FetchFixture::copy(const std::vector<std::string>& requests) const {
  std::lock_guard lock(mutex_);
  return requests;
}

FetchTable& FetchFixture::table() {
  if (!table_) {
    pool_ = std::make_unique<DiskPool>(kDiskThreads);
    table_ = std::make_unique<FetchTable>(setup_, *store_, *pool_, policy_);
    table_->start();
  }
  return *table_;
}

std::shared_ptr<Gate> FetchFixture::hold_disk() {
  auto disk = gate();
  for (size_t i = 0; i < kDiskThreads; ++i) pool_->submit([disk] { disk->wait(); });
  return disk;
}

void FetchFixture::end_table() {
  if (table_) table_->stop();
  pool_.reset();
  table_.reset();
}

JoinRequest FetchFixture::request_for(const std::string& bytes, ByteRange part) {
  JoinRequest request;
  request.digest = sha256(bytes);
  request.size = bytes.size();
  request.want.range = part;
  request.source =
      http::parse_url("https://cdn.hub.test/xet/" + request.digest.hex().substr(0, 8) + "?Signature=first").value();
  return request;
}

JoinRequest FetchFixture::request_for(const std::string& bytes) {
  auto request = request_for(bytes, {0, bytes.size()});
  request.want.reach = Want::Reach::whole;
  return request;
}

std::unique_ptr<FetchClient> FetchFixture::join(JoinRequest request) {
  auto client = std::make_unique<FetchClient>();
  client->membership = table().join(std::move(request), loop_, *client);
  return client;
}

std::unique_ptr<FetchClient> FetchFixture::fetch(JoinRequest request) {
  auto client = join(std::move(request));
  EXPECT_TRUE(wait_until([&] { return client->ended(); }));
  return client;
}

testing::AssertionResult FetchFixture::wait_until(const std::function<bool()>& met) {
  auto give_up = monotonic_now() + Duration(30'000);
  Timer look_again(loop_, [&] { loop_.stop(); });
  while (!met()) {
    if (monotonic_now() > give_up) return testing::AssertionFailure() << "it never came to that";
    look_again.start(Duration(1));
    loop_.run();
  }
  return testing::AssertionSuccess();
}

void FetchFixture::hold_part(const std::string& bytes, size_t held) {
  auto partial = store_->open_partial(sha256(bytes), bytes.size());
  ASSERT_TRUE(partial) << partial.error().message;
  ASSERT_TRUE((*partial)->append(std::string_view(bytes).substr(0, held)));
}

uint64_t FetchFixture::held_part(const std::string& bytes) {
  auto partial = store_->open_partial(sha256(bytes), bytes.size());
  EXPECT_TRUE(partial) << partial.error().message;
  return partial ? (*partial)->readable() : 0;
}

bool FetchFixture::is_stored(const std::string& bytes) {
  return store_->has(sha256(bytes));
}

std::string some_bytes(size_t count, uint32_t seed) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

std::string field_of(const std::string& head, const std::string& name) {
  auto end = http::find_head_end(head);
  auto parsed = http::parse_request(std::string_view(head).substr(0, end.value_or(0)));
  return parsed ? std::string(parsed->fields.get(name)) : "";
}

}  // namespace weir::upstream
