// SPDX-License-Identifier: Apache-2.0
// Drives libcurl transfers on a Loop.  Belongs to the loop's thread.
//
// libcurl may neither add, remove nor free a handle within one of its callbacks.  So all calls into it that may call
// back are made in a Scope; what joins or retires meanwhile is put off to the end of the outermost Scope.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "upstream/curl_handle.h"

namespace weir::upstream {

class CurlMulti;

// One transfer: an easy handle and whoever waits for its end.  Owned through Retire, so that it outlives the callback
// that it may be destroyed in.
class CurlJob {
 public:
  struct Retire {
    void operator()(CurlJob* job) const;
  };

  explicit CurlJob(CurlMulti& multi);
  CurlJob(const CurlJob&) = delete;
  CurlJob& operator=(const CurlJob&) = delete;

 protected:
  virtual ~CurlJob() = default;

  // The transfer has ended; called in a Scope, once, and not after abandon().
  virtual void finished(CURLcode code) = 0;
  // Nobody waits any more: the owner let go of the job, or the CurlMulti goes.  No call to an owner may follow.
  virtual void abandon() = 0;

  EasyHandle& easy() { return easy_; }
  // Gives the handle with its connection away, from within finished().  It must go before the CurlMulti, in which it
  // stays; nothing else may be asked of the job.
  EasyHandle release_easy() { return std::move(easy_); }
  // Null when the CurlMulti is gone.
  CurlMulti* multi() { return multi_; }

 private:
  friend class CurlMulti;
  void give_up();
  EasyHandle easy_;
  CurlMulti* multi_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // that libcurl watches for it
  bool abandoned_ = false;
};

template <typename Job>
using JobPtr = std::unique_ptr<Job, CurlJob::Retire>;

class CurlMulti {
 public:
  // `idle_connections`: kept for reuse; 0: libcurl's default, four times the running transfers.  There is no limit on
  // those in use: a transfer that waited for one would run under no time-out, and clients are limited already.
  CurlMulti(Loop& loop, long idle_connections);
  // Abandons the jobs that still run.  Not within a Scope.
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  class Scope {
   public:
    explicit Scope(CurlMulti& multi) : multi_(multi) { ++multi_.depth_; }
    ~Scope() {
      if (--multi_.depth_ == 0) multi_.settle();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    CurlMulti& multi_;
  };

  // Starts a job of this CurlMulti.  No callback of it runs before this has returned.
  void join(CurlJob& job);
  // Stops the job, if it runs.  Not within a callback of libcurl.
  void leave(CurlJob& job);
  // Sets which directions of the job are paused (CURLPAUSE_*).  Not within a callback of libcurl.
  void pause(CurlJob& job, int directions);
  // The job took bytes, behind which there may be more that its socket is not readable for (read_ahead.h).  From within
  // its callback of libcurl, each time.
  void took_bytes(CurlJob& job) {
    if (receiving_.empty() || receiving_.back() != &job) receiving_.push_back(&job);
  }

 private:
  friend class CurlJob;
  friend struct CurlJob::Retire;

  // Null for the handles that libcurl has for itself, with which newer versions close connections.
  static CurlJob* job_of(CURL* easy);
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void retire(CurlJob* job);
  void bury(CurlJob* job);
  void act(curl_socket_t socket, int events);
  void act_once(curl_socket_t socket, int events);
  void read_on();
  void collect();
  void settle();

  struct Free {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  Loop& loop_;
  Timer timer_;
  std::unordered_map<curl_socket_t, std::unique_ptr<FdWatch>> watches_;
  std::unique_ptr<CURLM, Free> multi_;
  int depth_ = 0;                    // of Scopes
  std::set<CurlJob*> jobs_;          // all
  std::set<CurlJob*> running_;       // added to multi_
  std::vector<CurlJob*> receiving_;  // took bytes and may have more to take at once
  Timer rest_timer_;                 // to go on with receiving_
  std::vector<CurlJob*> joining_;    // wait for the end of the Scope to be added
  std::vector<CurlJob*> retired_;    // owned; wait for the end of the Scope to be freed
};

}  // namespace weir::upstream
