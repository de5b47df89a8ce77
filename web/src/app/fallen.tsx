import { Component, type ReactNode } from 'react';
import { problemOf, type ApiProblem } from '../problem';
import { ProblemBox } from '../parts/problem-box';

/* A page that falls over says so; the rest of the desk stays. */
export class Fallen extends Component<{ children: ReactNode }, { problem: ApiProblem | null }> {
  override state: { problem: ApiProblem | null } = { problem: null };

  static getDerivedStateFromError(cause: unknown) {
    return { problem: problemOf(cause instanceof TypeError ? new Error(cause.message) : cause) };
  }

  override render() {
    if (!this.state.problem) return this.props.children;
    return <ProblemBox problem={this.state.problem} onRetry={() => location.reload()} />;
  }
}
