// The live poll: every 2 s while the document is visible, slower after errors, and back by itself.

const usual_ms = 2000;
const slowest_ms = 10000;

export class Live {
  /** @param {() => Promise<void>} ask what one round does; a rejection slows the next */
  constructor(ask) {
    this.ask_ = ask;
    this.wait_ms = usual_ms;
    this.running_ = false;
    this.busy_ = false;
    /** @type {number | undefined} */
    this.timer_ = undefined;
    this.visibility_ = () => this.wake_();
  }

  start() {
    if (this.running_) return;
    this.running_ = true;
    document.addEventListener('visibilitychange', this.visibility_);
    this.plan_();
  }

  stop() {
    this.running_ = false;
    clearTimeout(this.timer_);
    document.removeEventListener('visibilitychange', this.visibility_);
  }

  /** One round now; rejects as the round does. */
  async now() {
    clearTimeout(this.timer_);
    this.busy_ = true;
    try {
      await this.ask_();
      this.wait_ms = usual_ms;
    } catch (problem) {
      this.wait_ms = Math.min(slowest_ms, this.wait_ms * 2);
      throw problem;
    } finally {
      this.busy_ = false;
      this.plan_();
    }
  }

  /** Asks at once when the page is seen again; what was planned while it was seen is dropped when it no longer is. */
  wake_() {
    if (document.visibilityState !== 'visible') clearTimeout(this.timer_);
    else if (!this.busy_) this.now().catch(() => {});
  }

  plan_() {
    clearTimeout(this.timer_);
    if (!this.running_ || document.visibilityState !== 'visible') return;
    this.timer_ = setTimeout(() => this.now().catch(() => {}), this.wait_ms);
  }
}
