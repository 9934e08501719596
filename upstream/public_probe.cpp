// SPDX-License-Identifier: Apache-2.0
#include "upstream/public_probe.h"

#include <utility>
#include <vector>

#include "http/target.h"
#include "http/via.h"
#include "hub/resolve_answer.h"
#include "hub/route.h"
#include "upstream/redirect_trail.h"

namespace weir::upstream {
namespace {

constexpr uint16_t kHttpsPort = 443;
constexpr size_t kMaxHops = 3;

// A hub that is slower than that is asked another time.
constexpr Duration kPatience{5'000};

struct File {
  http::Url url;
  std::string repository;  // a key, of the repository at its revision
  std::string key;         // of the file in it
};

std::optional<File> file_at(http::Url url) {
  auto route = hub::classify(hub::Role::hub, "GET", url.target);
  bool is_file = route.kind == hub::RouteKind::resolve || route.kind == hub::RouteKind::resolve_cache;
  if (!is_file || url.scheme != "https") return std::nullopt;
  auto host = url.authority().text(kHttpsPort) + "\n";
  auto key = host + route.file.key();
  route.file.path.clear();
  return File{std::move(url), host + route.file.key(), std::move(key)};
}

std::optional<File> parse_file(const std::string& text) {
  auto url = http::parse_url(text);
  return url ? file_at(std::move(*url)) : std::nullopt;
}

// Where a repository that was renamed has the file now: another file's URL at the same host.
std::optional<http::Url> renamed_to(const http::ResponseHead& head, const http::Url& asked) {
  auto location = http::resolve_url(asked, head.fields.get("Location"));
  if (!is_redirect(head.status) || !location || location->authority() != asked.authority()) return std::nullopt;
  auto file = file_at(std::move(*location));
  return file ? std::optional(std::move(file->url)) : std::nullopt;
}

Publicity judge(const http::ResponseHead& head) {
  if (head.status == 408 || head.status == 429 || head.status >= 500) return Publicity::unknown;
  bool gives = (head.status >= 200 && head.status < 300) || is_redirect(head.status);
  // The hub names the commit in its answers for files, and in none to a page for logging in.
  return gives && head.fields.has("X-Repo-Commit") ? Publicity::everybody : Publicity::some;
}

// Whether the answer holds for all files of the repository.
bool speaks_for_all(const http::ResponseHead& head, Publicity publicity) {
  return publicity != Publicity::everybody || hub::digest_in_etag(head.fields.get("X-Linked-ETag"));
}

}  // namespace

class PublicProbe::Question : private OriginObserver {
 public:
  Question(PublicProbe& probe, const File& file) : probe_(probe), file_(file), url_(file.url) {}

  const std::string& key() const { return file_.key; }
  // What the answer is remembered for.
  const std::string& subject(Publicity publicity) const {
    return speaks_for_all(head_, publicity) ? file_.repository : file_.key;
  }
  void add(std::shared_ptr<ProbeTicket::Done> waiting) { waiting_.push_back(std::move(waiting)); }
  std::vector<std::shared_ptr<ProbeTicket::Done>> take_waiting() { return std::move(waiting_); }

  void ask() {
    head_ = {};
    OriginRequest request;
    request.method = "HEAD";
    request.host = url_.host;
    request.port = url_.port;
    request.target = url_.target;
    request.fields = {{"Host", url_.authority().text(kHttpsPort)},
                      {"User-Agent", "weir"},
                      {"Accept", "*/*"},
                      {"Accept-Encoding", "identity"}};
    http::add_via(request.fields, 1, probe_.pseudonym_);
    request.first_byte_timeout = kPatience;
    transfer_ = probe_.origin_.start(std::move(request), *this);
  }

 private:
  void on_head(http::ResponseHead head) override { head_ = std::move(head); }
  bool ready_for_data() override { return true; }
  void on_data(std::string_view) override {}
  void on_done(std::optional<OriginFault> fault) override {
    if (fault) return probe_.on_answer(*this, Publicity::unknown);
    auto next = renamed_to(head_, url_);
    if (!next) return probe_.on_answer(*this, judge(head_));
    if (++hops_ > kMaxHops) return probe_.on_answer(*this, Publicity::some);
    url_ = std::move(*next);
    ask();
  }

  PublicProbe& probe_;
  const File file_;
  http::Url url_;
  size_t hops_ = 0;
  http::ResponseHead head_;
  std::vector<std::shared_ptr<ProbeTicket::Done>> waiting_;
  std::unique_ptr<OriginTransfer> transfer_;
};

PublicProbe::PublicProbe(Loop& loop, OriginClient& origin, std::string pseudonym, ProbeOptions options)
    : loop_(loop), origin_(origin), pseudonym_(std::move(pseudonym)), options_(options), answers_(options.kept) {}

PublicProbe::~PublicProbe() = default;

std::unique_ptr<ProbeTicket> PublicProbe::ask(const std::string& url, ProbeTicket::Done done) {
  auto waiting = std::make_shared<ProbeTicket::Done>(std::move(done));
  auto ticket = std::make_unique<ProbeTicket>(waiting);
  auto file = parse_file(url);
  auto answer = known(url, monotonic_now());
  if (answer) {
    loop_.post([waiting, publicity = *answer] {
      if (auto tell = std::exchange(*waiting, nullptr)) tell(publicity);
    });
    return ticket;
  }
  auto [entry, is_new] = questions_.try_emplace(file->key);
  if (is_new) entry->second = std::make_unique<Question>(*this, *file);
  entry->second->add(std::move(waiting));
  if (is_new) entry->second->ask();
  return ticket;
}

std::optional<Publicity> PublicProbe::known(const std::string& url, MonotonicTime now) const {
  auto file = parse_file(url);
  if (!file) return Publicity::some;
  auto of_file = remembered(file->key, now);
  return of_file ? of_file : remembered(file->repository, now);
}

std::optional<Publicity> PublicProbe::remembered(const std::string& key, MonotonicTime now) const {
  const auto* answer = answers_.find(key);
  if (!answer || answer->until <= now) return std::nullopt;
  return answer->publicity;
}

void PublicProbe::on_answer(Question& question, Publicity publicity) {
  auto keep = publicity == Publicity::unknown ? options_.keep_unknown : options_.keep;
  answers_.put(question.subject(publicity), {publicity, monotonic_now() + keep});
  auto waiting = question.take_waiting();
  auto ended = questions_.find(question.key());
  loop_.destroy_later(std::move(ended->second));
  questions_.erase(ended);
  // One who is told may destroy the probe.
  for (const auto& each : waiting)
    if (auto tell = std::exchange(*each, nullptr)) tell(publicity);
}

}  // namespace weir::upstream
