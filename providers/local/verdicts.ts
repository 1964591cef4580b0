// Fields that a local target cannot honour or only approximates. Pure.
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { TargetSpec } from '../../core/model/native-object.ts'

export const verdicts = (_target: Target, _spec: TargetSpec): readonly Diagnostic[] => []
