// SPDX-License-Identifier: Apache-2.0
#include "upstream/curl_multi.h"

#include <new>
#include <utility>

#include "upstream/connect_limit.h"
#include "upstream/read_ahead.h"

namespace weir::upstream {
namespace {

// Of one job, before other work of the loop has its turn: 1 MiB.
constexpr int kRecordsInARow = 64;

}  // namespace

CurlJob::CurlJob(CurlMulti& multi) : multi_(&multi) {
  multi.jobs_.insert(this);
  easy_.set(CURLOPT_PRIVATE, this);
}

void CurlJob::Retire::operator()(CurlJob* job) const {
  job->give_up();
  if (job->multi_) {
    job->multi_->retire(job);
  } else {
    delete job;
  }
}

void CurlJob::give_up() {
  abandoned_ = true;
  abandon();
}

CurlMulti::CurlMulti(Loop& loop, long idle_connections)
    : loop_(loop),
      timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }),
      multi_(curl_multi_init()),
      rest_timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  if (!multi_) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, idle_connections);
}

CurlMulti::~CurlMulti() {
  for (auto* job : jobs_) {
    job->give_up();
    leave(*job);
    job->multi_ = nullptr;
  }
}

void CurlMulti::join(CurlJob& job) {
  if (depth_ > 0) {
    joining_.push_back(&job);
    return;
  }
  running_.insert(&job);
  auto code = curl_multi_add_handle(multi_.get(), job.easy_.get());
  if (code != CURLM_OK) throw std::bad_alloc();
}

void CurlMulti::leave(CurlJob& job) {
  std::erase(joining_, &job);
  std::erase(receiving_, &job);
  if (running_.erase(&job) > 0) curl_multi_remove_handle(multi_.get(), job.easy_.get());
}

void CurlMulti::pause(CurlJob& job, int directions) {
  Scope scope(*this);
  auto code = curl_easy_pause(job.easy_.get(), directions);
  if (code != CURLE_OK) {
    leave(job);
    if (!job.abandoned_) job.finished(code);
    return;
  }
  // libcurl marks a resumed transfer as expired; run it now instead of one round of the loop later.
  took_bytes(job);
  act(CURL_SOCKET_TIMEOUT, 0);
}

void CurlMulti::retire(CurlJob* job) {
  if (depth_ > 0) {
    retired_.push_back(job);
    return;
  }
  bury(job);
}

void CurlMulti::bury(CurlJob* job) {
  leave(*job);
  jobs_.erase(job);
  delete job;
}

CurlJob* CurlMulti::job_of(CURL* easy) {
  char* job = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job);
  return static_cast<CurlJob*>(static_cast<void*>(job));
}

int CurlMulti::on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void*) {
  auto& multi = *static_cast<CurlMulti*>(self);
  auto* job = job_of(easy);
  if (job && what != CURL_POLL_REMOVE) job->socket_ = socket;
  if (what == CURL_POLL_REMOVE) {
    // Of two addresses that are tried at once, the slower one may go after the faster one has come.
    if (job && job->socket_ == socket) job->socket_ = CURL_SOCKET_BAD;
    multi.watches_.erase(socket);
    return 0;
  }
  // libcurl waits for input behind the connecting alone.
  if (what & CURL_POLL_IN) lift_connect_limit(socket);
  auto& watch = multi.watches_[socket];
  if (!watch) {
    watch = std::make_unique<FdWatch>(multi.loop_, socket, [&multi, socket](bool readable, bool writable) {
      multi.act(socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
    });
  }
  switch (what) {
    case CURL_POLL_IN:
      watch->want(Interest::read);
      break;
    case CURL_POLL_OUT:
      watch->want(Interest::write);
      break;
    case CURL_POLL_INOUT:
      watch->want(Interest::both);
      break;
    default:
      watch->want(Interest::none);
  }
  return 0;
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* self) {
  auto& timer = static_cast<CurlMulti*>(self)->timer_;
  if (milliseconds < 0) {
    timer.stop();
  } else {
    timer.start(Duration(milliseconds));
  }
  return 0;
}

void CurlMulti::act(curl_socket_t socket, int events) {
  Scope scope(*this);
  act_once(socket, events);
  for (int records = 1; records < kRecordsInARow && !receiving_.empty(); ++records) read_on();
  if (!receiving_.empty()) rest_timer_.start(Duration(0));
  collect();
}

void CurlMulti::act_once(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, events, &running);
}

// A job that takes nothing now (it waits for the rest of a record, is held back or done) is not asked again.
void CurlMulti::read_on() {
  for (auto* job : std::exchange(receiving_, {})) {
    if (!running_.contains(job) || !is_ahead(job->easy_)) continue;
    if (job->socket_ != CURL_SOCKET_BAD) act_once(job->socket_, CURL_CSELECT_IN);
  }
}

void CurlMulti::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;
    auto* job = job_of(message->easy_handle);
    // The handle stays in until finished() has returned: taking out a connect-only one closes its socket.
    if (!job->abandoned_) job->finished(code);
    leave(*job);
  }
}

void CurlMulti::settle() {
  for (auto* job : std::exchange(retired_, {})) bury(job);
  for (auto* job : std::exchange(joining_, {})) join(*job);
}

}  // namespace weir::upstream
